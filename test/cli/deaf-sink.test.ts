import { expect, it } from 'vitest';
import { examineToken } from '../../src/cli/doctor/token.js';
import { findForeign } from '../../src/cli/apply/foreign.js';
import type { Session } from '../../src/cli/session.js';
import type { TokenSpec } from '../../src/core/spec.js';
import { silentLog } from '../../src/drivers.js';
import { vaultDrivers } from '../../src/vaults/registry.js';

const never = () => new Promise<never>(() => {});
const here = { cluster: 'c', namespace: 'n', workflowId: 'w' };
const sink = { id: 'deaf', connection: 'deaf', target: {}, takeOver: false };
const spec = {
  key: 'test/token',
  issuer: 'manual',
  parameters: {},
  vault: 'local',
  sinks: [sink],
} as unknown as TokenSpec;

it('plan and doctor wait no longer for a sink that ignores its signal than for any other', async () => {
  const deps = { fetch, now: Date.now, baseDir: '/', env: {}, log: silentLog };
  const vault = await vaultDrivers['memory']!.open({ name: `deaf-${Math.random()}` }, deps);
  const connections = {
    vault: async () => vault,
    sink: async () => ({ sink: { check: never, read: never, write: never, remove: never }, target: {} }),
    issuer: async () => ({ issuer: { capabilities: () => ({}) }, parameters: {} }),
  } as unknown as Awaited<ReturnType<Session['connections']>>;
  const session = { connections: async () => connections } as unknown as Session;
  const findings = examineToken(session, spec);
  const planned = findForeign(connections, spec, spec.sinks, here);
  await expect(planned).rejects.toMatchObject({ code: 'SinkUnavailable', message: 'deaf: no answer within 5 s' });
  expect(await findings).toMatchObject([{ what: 'test/token sink deaf', level: 'bad' }]);
}, 20_000);
