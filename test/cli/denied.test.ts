import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withCli, type Outcome } from '../support/cli.js';
import { startDenyingTemporal, type DenyingTemporal } from '../support/denying-temporal.js';

const bench = withCli({ worker: false });
const key = 'a/b';
let server: DenyingTemporal;

beforeAll(async () => {
  server = await startDenyingTemporal();
});
afterAll(() => server.close());

function at(...argv: readonly string[]): Promise<Outcome> {
  server.seen = [];
  // What an API key becomes on its way; a key itself goes by TLS only.
  const env = { TEMPORAL_ADDRESS: server.address, TEMPORAL_GRPC_META_AUTHORIZATION: 'Bearer an-api-key-that-is-wrong' };
  return bench.raw(['-c', bench.configFile, ...argv], { env });
}

it.each([
  { name: 'UNAUTHENTICATED at once', code: 16, greets: false },
  { name: 'PERMISSION_DENIED at once', code: 7, greets: false },
  { name: 'UNAUTHENTICATED to all but who it is', code: 16, greets: true },
  { name: 'PERMISSION_DENIED to all but who it is', code: 7, greets: true },
])(
  'a server that answers $name ends every command with 4 and a word on what to do, and the key is not told',
  async ({ code, greets }) => {
    Object.assign(server, { code, greets });
    const commands = [
      ['list'],
      ['status', key],
      ['rotate', key],
      ['apply'],
      ['plan'],
      ['upgrade', '--all'],
      ['worker'],
    ];
    for (const argv of commands) {
      const outcome = await at(...argv);
      expect({ argv, ...outcome }).toMatchObject({ argv, code: 4, stdout: '' });
      expect(outcome.stderr).toMatch(
        /^tokenkeeper: Temporal .*\ndo: set TEMPORAL_API_KEY or TLS certificates, or .*\n$/,
      );
      expect(outcome.stderr).not.toContain('an-api-key');
      expect(server.seen).toContain('Bearer an-api-key-that-is-wrong');
    }
  },
  120_000,
);

describe('doctor', () => {
  beforeAll(() => bench.declare({ [key]: { issuer: 'manual' } }));

  it('takes no refusal for a missing namespace, and looks at the rest, which may be allowed', async () => {
    Object.assign(server, { code: 7, greets: true, refusals: 1 });
    const { code, stdout } = await at('doctor');
    expect(code).toBe(1);
    expect(stdout).toContain('Temporal does not allow this (ServerRefused)');
    expect(stdout).toContain('search attributes: missing: ');
    expect(stdout).toContain('nobody works on task queue tokenkeeper');
  });

  it('says where Temporal does not answer that it does not', async () => {
    Object.assign(server, { code: 4, greets: true, refusals: Infinity });
    const { code, stdout } = await at('doctor');
    expect(code).toBe(1);
    expect(stdout).toContain('Temporal does not answer (ServerUnavailable)');
    expect(stdout).not.toContain('namespace');
  });
});
