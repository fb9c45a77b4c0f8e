import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { CredentialNotification } from '../../src/activities/connections.js';
import { NoticeReceiver } from '../support/e2e-receiver.js';
import { tokenA, World } from '../support/e2e-world.js';
import { withTemporal } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const temporal = withTemporal();
const day = 86_400_000;

/** Waits for so many notices of a credential; those of tokens are none of ours. */
function told(receiver: NoticeReceiver, count: number): Promise<CredentialNotification[]> {
  const credentials = (): CredentialNotification[] =>
    receiver.notices.flatMap((notice) => (notice.event === 'credential-expiring' ? [notice] : []));
  return waitFor(credentials, { limitMs: 60_000, until: ({ length }) => length >= count, describe: JSON.stringify });
}

it('a worker tells that its own credential dies: at its start, under the same id after a kill, and when the configuration says so', async () => {
  await using receiver = await NoticeReceiver.start();
  const expiresAt = new Date(Math.floor(Date.now() / 1000) * 1000 + 3 * day).toISOString();
  await using world = await World.make({
    temporal: temporal(),
    tokens: { 'demo/a': tokenA },
    issuer: { credentialExpiresAt: expiresAt },
    // Who asked for what needs a person is told, without having heard of this event.
    notify: [{ ...receiver.entry, events: ['needs-attention'] }],
  });
  const first = await world.startWorker();
  expect(await told(receiver, 1)).toMatchObject([{ issuer: 'idp', reason: 'ExpiresSoon', expiresAt }]);
  await first.end('SIGKILL');

  const second = await world.startWorker();
  await told(receiver, 2);
  expect(receiver.ids).toEqual([`credential-expiring:idp:${Date.parse(expiresAt)}:7d`, receiver.ids[0]]);

  const text = await readFile(world.config, 'utf8');
  await writeFile(world.config, text.replace(expiresAt, '2026-01-01'));
  const [, , third] = await told(receiver, 3);
  expect(third).toMatchObject({ reason: 'Expired', expiresAt: '2026-01-01T00:00:00.000Z' });
  expect(new Set(receiver.ids).size).toBe(2);
  await second.end('SIGTERM');
}, 400_000);
