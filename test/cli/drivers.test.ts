import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { withCli } from '../support/cli.js';

const bench = withCli({ worker: false });
const drivers = ['./drivers/acme.mjs'];

/** An issuer that is there and nothing else: what it issues is of no interest here. */
const acme = `
import { defineIssuer, z } from 'temporal-tokenkeeper';
const none = async () => undefined;
export default defineIssuer({
  name: 'acme',
  connection: z.strictObject({}),
  parameters: z.strictObject({ project: z.string() }),
  open: async () => ({
    capabilities: () => ({ mintable: true, reissue: 'A', replayWindowMs: 0, overlap: true, retire: 'revoke' }),
    issue: none, verify: none, probe: none, revoke: none,
  }),
  isAuthenticationFailure: () => false,
});
`;

async function declareAcme(project: object): Promise<void> {
  await bench.declare(
    {
      [bench.key('bot')]: { issuer: 'manual', sinks: ['files'] },
      [bench.key('ci')]: { issuer: 'acme', ...project, sinks: ['files'] },
    },
    {
      drivers,
      vaults: { local: { driver: 'embedded', path: 'vault.db' } },
      issuers: { acme: { driver: 'acme' } },
      sinks: { files: { driver: 'file', root: 'run' } },
    },
  );
}

beforeAll(async () => {
  await bench.declare({ [bench.key('bot')]: { issuer: 'manual' } });
  const { code, stderr } = await bench.tokenkeeper(['import', bench.key('bot')], { stdin: 'by-hand' });
  if (code !== 0) throw new Error(stderr);
});

describe('where a module of drivers cannot be loaded', () => {
  beforeAll(async () => {
    await rm(join(bench.folder, 'drivers'), { recursive: true, force: true });
    await declareAcme({ project: 'one' });
  });
  const problem =
    /tokens\.yaml:1:\d+ drivers\[0\]: \.\/drivers\/acme\.mjs: there is no such file \(DriverNotFound\)\n {2}do: write the path/;

  it.each([['plan'], ['apply'], ['up']])('%s says so and stops', async (command) => {
    const { code, stderr } = await bench.tokenkeeper([command]);
    expect(stderr).toMatch(problem);
    expect(stderr).toContain('1 problem in the configuration');
    expect(code).toBe(1);
  });

  it('list, status, get and history go on', async () => {
    const outcomes = [
      await bench.tokenkeeper(['list', '-o', 'name']),
      await bench.tokenkeeper(['get', bench.key('bot')]),
      await bench.tokenkeeper(['history', bench.key('bot')]),
    ];
    expect(outcomes.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
      [0, ''],
    ]);
    expect(outcomes[1]?.stdout).toBe('by-hand\n');
    // nothing keeps it: that is what it says, and nothing of modules
    expect((await bench.tokenkeeper(['status', bench.key('bot')])).stderr).toContain('(NotKept)');
  });

  it('import takes a value', async () => {
    const answer = await bench.tokenkeeper(['import', bench.key('bot')], { stdin: 'by-hand-again' });
    expect(answer).toMatchObject({ code: 0, stderr: '' });
  });

  it('doctor says so, and of what needs it', async () => {
    const { code, stdout } = await bench.tokenkeeper(['doctor']);
    expect(stdout).toMatch(
      /✗ drivers\[0\]: \S+tokens\.yaml:1:\d+ \.\/drivers\/acme\.mjs: there is no such file \(DriverNotFound\)\n {2}do: write/,
    );
    expect(stdout).toContain('issuer acme: no driver acme (ConfigInvalid)\n  do: load its module under drivers');
    expect(code).toBe(1);
  });
});

describe('where it can', () => {
  beforeAll(async () => {
    await mkdir(join(bench.folder, 'drivers'));
    await writeFile(join(bench.folder, 'drivers/acme.mjs'), acme);
  });

  it('doctor lists its drivers', async () => {
    await declareAcme({ project: 'one' });
    const { stdout } = await bench.tokenkeeper(['doctor']);
    expect(stdout).toContain('✓ drivers ./drivers/acme.mjs: issuer acme\n');
    expect(stdout).toContain(`✓ ${bench.key('ci')}: issuer and 1 sink are ready\n`);
  });

  it('plan holds tokens to its schemas', async () => {
    await declareAcme({ projekt: 'one' });
    expect((await bench.tokenkeeper(['plan'])).stderr).toContain(
      'unknown key projekt, did you mean project? (UnknownKey)',
    );
    await declareAcme({ project: 'one' });
    expect((await bench.tokenkeeper(['plan'])).stdout).toContain(`+ ${bench.key('ci')}`);
  });

  it('doctor tells the error of a sink as one of that sink, by its kind', async () => {
    const sink = `
import { defineSink, z } from 'temporal-tokenkeeper';
const none = async () => undefined;
export default defineSink({
  name: 'raw',
  connection: z.strictObject({}),
  target: z.strictObject({}),
  open: async () => ({ check: async () => { throw new RangeError('hunter2'); }, write: none, read: none, remove: none }),
  place: (_connection, key) => key,
});
`;
    await writeFile(join(bench.folder, 'drivers/raw.mjs'), sink);
    const vaults = { local: { driver: 'embedded', path: 'vault.db' } };
    const tokens = { [bench.key('bot')]: { issuer: 'manual', sinks: ['raw'] } };
    await bench.declare(tokens, { drivers: ['./drivers/raw.mjs'], vaults, sinks: { raw: { driver: 'raw' } } });
    const { stdout } = await bench.tokenkeeper(['doctor']);
    expect(stdout).toContain(`✗ ${bench.key('bot')} sink raw: unexpected RangeError (Internal)\n  do: report it`);
  });
});
