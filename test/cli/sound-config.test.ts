import { beforeAll, describe, expect, it } from 'vitest';
import { withCli } from '../support/cli.js';

const bench = withCli({ worker: false });
const local = { driver: 'embedded', path: 'vault.db' };
const bot = { issuer: 'manual', vault: 'local' };

beforeAll(async () => {
  await bench.declare({ [bench.key('bot')]: bot }, { vaults: { local } });
  const { code, stderr } = await bench.tokenkeeper(['import', bench.key('bot')], { stdin: 'by-hand' });
  if (code !== 0) throw new Error(stderr);
});

describe('beside a token with a mistake', () => {
  beforeAll(() =>
    bench.declare({ [bench.key('bot')]: bot, [bench.key('other')]: { ...bot, ownr: 'web' } }, { vaults: { local } }),
  );

  it('jobs get the others, and are told', async () => {
    const warning =
      /^tokenkeeper: \S+tokens\.yaml:1:\d+ tokens\.\S+\/other\.ownr: unknown key ownr, did you mean owner\? \(UnknownKey\); not needed here: tokenkeeper doctor tells what to do\n$/;
    const got = await bench.tokenkeeper(['get', bench.key('bot')]);
    expect(got).toMatchObject({ code: 0, stdout: 'by-hand\n', stderr: expect.stringMatching(warning) as string });
    const script = 'process.exit(process.env.BOT === "by-hand" ? 7 : 8)';
    const ran = await bench.tokenkeeper(['exec', '-t', bench.key('bot'), '--', process.execPath, '-e', script]);
    expect(ran).toMatchObject({ code: 7, stderr: expect.stringMatching(warning) as string });
  });

  it('that token is refused', async () => {
    for (const command of ['get', 'import']) {
      const { code, stderr } = await bench.tokenkeeper([command, bench.key('other')], { stdin: 'other' });
      expect(stderr).toContain('unknown key ownr, did you mean owner? (UnknownKey)\n  do: write owner\n');
      expect(stderr).toContain('tokenkeeper: 1 problem in the configuration\n');
      expect(stderr).not.toContain('not needed here');
      expect(code).toBe(1);
    }
  });

  it.each([['plan'], ['apply'], ['up']])('%s refuses it all', async (command) => {
    const { code, stderr } = await bench.tokenkeeper([command]);
    expect(stderr).toContain('1 problem in the configuration');
    expect(code).toBe(1);
  });

  it('doctor tells it, and looks at the rest', async () => {
    const { code, stdout } = await bench.tokenkeeper(['doctor']);
    expect(stdout).toMatch(/✗ tokens\.\S+\/other\.ownr: \S+:1:\d+ unknown key ownr, .*\n {2}do: write owner\n/);
    expect(stdout).toContain('✓ vault local: opens');
    expect(stdout).toContain(`✓ ${bench.key('bot')}: issuer and 0 sinks are ready`);
    expect(code).toBe(1);
  });
});

describe('beside a vault with a mistake', () => {
  beforeAll(() => bench.declare({ [bench.key('bot')]: bot }, { vaults: { local, eu: { ...local, pth: 'eu.db' } } }));

  it('a job gets what is in the other', async () => {
    expect(await bench.tokenkeeper(['get', bench.key('bot')])).toMatchObject({ code: 0, stdout: 'by-hand\n' });
  });

  it('no command takes the other for the only one', async () => {
    const { code, stderr } = await bench.tokenkeeper(['vault', 'check']);
    expect(stderr).toContain('vaults.eu.pth: unknown key pth, did you mean path?');
    expect(code).toBe(1);
  });
});
