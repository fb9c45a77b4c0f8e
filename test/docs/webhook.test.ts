import { expect, test } from 'vitest';
import { notify } from '../../src/activities/notify.js';
import type { Notification } from '../../src/activities/connections.js';
import { webhook as notifier } from '../../src/notifiers/webhook.js';
import { silentLog, type DriverDeps } from '../../src/drivers.js';
import { Secret } from '../../src/core/secret.js';
import { webhook } from '../../src/sinks/webhook.js';
import { blocksOf } from './markdown.js';

const [rotated, removed, notice] = blocksOf('docs/drivers.md')
  .filter(({ language }) => language === 'json')
  .map(({ text }) => JSON.parse(text) as Message);

interface Message {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a receiver gets, with all of its headers' names. */
async function receivedOf(send: (deps: DriverDeps, url: string) => Promise<void>): Promise<unknown> {
  const received: unknown[] = [];
  const deps: DriverDeps = {
    fetch: async (_url, init) => {
      received.push({
        headers: [...new Headers(init?.headers).keys()],
        body: await new Response(init?.body ?? null).json(),
      });
      return new Response(null, { status: 204 });
    },
    now: () => Date.parse('2027-01-20T08:00:00.000Z'),
    baseDir: '.',
    env: {},
    log: silentLog,
  };
  await send(deps, 'https://receiver.example');
  expect(received).toHaveLength(1);
  return received[0];
}

const headers = ['content-type', 'webhook-id', 'webhook-signature', 'webhook-timestamp'];
const secret = `whsec_${Buffer.alloc(24).toString('base64')}`;
const request = (data: Message['data']) => ({
  key: String(data['key']),
  target: {},
  takeOver: false,
  removedAt: null,
  fingerprint: () => '0'.repeat(16),
  signal: new AbortController().signal,
});

test('docs/drivers.md shows what a sink sends: a new value, and its end', async () => {
  const { data } = rotated!;
  const [generation, expiresAt] = [Number(data['generation']), Date.parse(String(data['expiresAt']))];
  const value = { generation, value: new Secret(String(data['value'])), expiresAt };
  const written = await receivedOf(async (deps, url) => {
    await (await webhook.open({ url, secret }, deps)).write({ ...request(data), ...value });
  });
  expect(written).toEqual({ headers, body: rotated });
  const emptied = await receivedOf(async (deps, url) => {
    await (await webhook.open({ url, secret }, deps)).remove(request(removed!.data));
  });
  expect(emptied).toEqual({ headers, body: removed });
});

test('docs/drivers.md shows what a receiver of notices gets', async () => {
  const { data } = notice!;
  const { key, owner, runbook, event, state, reason, message, do: todo } = data;
  const [expiresAt, since] = [Date.parse(String(data['expiresAt'])), Date.parse(String(data['at']))];
  const input = { spec: { key, owner, runbook }, event, state, reason, message, do: todo, expiresAt, since };
  const told = await receivedOf(async (deps, url) => {
    const connections = {
      notify: (notification: Notification, signal: AbortSignal) =>
        notifier.tell({ webhook: url, secret }, notification, deps, signal),
    };
    const attempt = { cancelled: new AbortController().signal };
    await notify({ connections } as never, input as never, attempt as never);
  });
  expect(told).toEqual({ headers, body: notice });
});
