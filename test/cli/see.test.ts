import { beforeAll, describe, expect, it } from 'vitest';
import { withCli } from '../support/cli.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli();
const well = bench.key('well');
const late = bench.key('late');
const paste = bench.key('paste');

beforeAll(async () => {
  await bench.declare({
    [well]: {
      issuer: 'idp',
      sinks: ['files', 'env'],
      scopes: ['read'],
      expect: { iss: `example:${bench.environment}` },
    },
    [late]: { issuer: 'idp', sinks: ['files', 'broken'], owner: 'revenue-eng' },
    [paste]: { issuer: 'manual', sinks: ['files'], expiresAt: '2999-01-20', runbook: 'https://wiki.test/paste' },
  });
  await bench.tokenkeeper(['apply']);
  await bench.tokenkeeper(['import', paste], { stdin: 'pasted-value-1\n' });
  // What list shows lags a moment behind what status tells.
  const published = ['needs-attention 0/2', 'tracked 1/1', 'healthy 2/2'];
  await waitFor(() => bench.tokenkeeper(['list', '-o', 'json']), {
    limitMs: 45_000,
    until: ({ stdout }) => {
      const rows = JSON.parse(stdout) as { state: string; sinks: { acknowledged: number; total: number } }[];
      const seen = rows.map(({ state, sinks }) => `${state} ${sinks.acknowledged}/${sinks.total}`);
      return JSON.stringify(seen) === JSON.stringify(published);
    },
  });
});

describe('list', () => {
  it('shows a row a token and sums up', async () => {
    const { code, stdout } = await bench.tokenkeeper(['list']);
    expect(code).toBe(0);
    const [head, ...lines] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^NAME +STATE +GEN  EXPIRES  RENEWS  SINKS  OWNER$/);
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      [late, 'needs-attention', '0'],
      [paste, 'tracked', '1'],
      [well, 'healthy', '1'],
      ['3 tokens: 1 needs attention, 1 tracked, 1 healthy, 0 overdue'],
    ]);
    expect(lines[0]).toMatch(/ - +- +0\/2 +revenue-eng$/);
    expect(lines[1]).toMatch(/ \d+d +manual +1\/1 +platform$/);
    expect(lines[2]).toMatch(/ 5\dm +(3\d|40)m +2\/2 +platform$/);
  });

  it('is an array of exactly these fields as JSON', async () => {
    const rows = JSON.parse((await bench.tokenkeeper(['list', '-o', 'json'])).stdout) as object[];
    expect(rows[2]).toEqual({
      key: well,
      state: 'healthy',
      generation: 1,
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
      renewAt: expect.stringMatching(/^\d{4}-.*Z$/),
      sinks: { acknowledged: 2, total: 2 },
      owner: 'platform',
      issuer: 'idp',
    });
  });

  it.each([['list'], ['status', well]])('%s keeps the lines of a JSON document', async (...command) => {
    const { stdout } = await bench.tokenkeeper([...command, '-o', 'json']);
    expect(stdout).toBe(`${JSON.stringify(JSON.parse(stdout), null, 2)}\n`);
  });

  it.each([
    { filter: ['--owner', 'revenue-eng'], keys: [late] },
    { filter: ['--issuer', 'manual'], keys: [paste] },
    { filter: ['--state', 'healthy'], keys: [well] },
    { filter: ['--environment', bench.environment], keys: [late, paste, well] },
    { filter: ['--environment', 'nowhere'], keys: [] },
    // The beginning of a name is another environment: prod is not production.
    { filter: ['--environment', bench.environment.slice(0, -1)], keys: [] },
  ])('shows only what $filter asks for', async ({ filter, keys }) => {
    const { stdout } = await bench.tokenkeeper(['list', '-o', 'name', ...filter]);
    expect(stdout.split('\n').filter((line) => line !== '')).toEqual(keys);
  });

  it('ends with 8 under --check where one is not well, and with 0 where all are', async () => {
    expect((await bench.tokenkeeper(['list', '--check'])).code).toBe(8);
    expect((await bench.tokenkeeper(['list', '--check', '--state', 'healthy'])).code).toBe(0);
    // So it looks where Temporal has lost its database.
    expect(await bench.tokenkeeper(['list', '--check', '--environment', 'nowhere'])).toMatchObject({
      code: 8,
      stderr:
        'tokenkeeper: nothing is kept, environment nowhere; what is declared, and was, is shown by: tokenkeeper plan\n',
    });
    // A misspelt owner would be well for ever.
    expect(await bench.tokenkeeper(['list', '--check', '--owner', 'nobody', '--issuer', 'idp'])).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('nothing is kept, owner nobody, issuer idp;') as string,
    });
    // It would find none, and all of none are well.
    expect(await bench.tokenkeeper(['list', '--check', '--state', 'needs-atention'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Allowed choices are acquiring, healthy, '),
    });
  });

  it('shows issuer and instants when wide', async () => {
    const { stdout } = await bench.tokenkeeper(['list', '-o', 'wide']);
    expect(stdout).toMatch(/OWNER +ISSUER +EXPIRES AT +RENEWS AT\n/);
    expect(stdout).toMatch(/platform +idp +\d{4}-/);
  });

  it('shows colors on a terminal only, and none under NO_COLOR', async () => {
    const escape = '\u001b[';
    expect((await bench.tokenkeeper(['list'])).stdout).not.toContain(escape);
    expect((await bench.tokenkeeper(['list'], { terminal: true })).stdout).toContain(escape);
    expect((await bench.tokenkeeper(['list'], { terminal: true, env: { NO_COLOR: '1' } })).stdout).not.toContain(
      escape,
    );
  });

  it('shows itself again under --watch until Ctrl-C, and in a pipe only what changed', async () => {
    const watching = bench.start(['list', '--watch', '-o', 'name']);
    await waitFor(() => watching.said(), { limitMs: 45_000, until: (text) => text.includes(well) });
    watching.stop();
    expect(await watching.ended).toMatchObject({ code: 0, stdout: `${late}\n${paste}\n${well}\n\n` });
  });
});

describe('status', () => {
  it('tells generations, proof, sinks and conditions', async () => {
    const { code, stdout } = await bench.tokenkeeper(['status', well], {
      env: { TOKENKEEPER_UI_URL: 'http://ui.test/' },
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${well}  healthy\n`));
    expect(stdout).toMatch(
      / {2}gen 1 current {3}fp [0-9a-f]{4}…[0-9a-f]{2} {2}expires \d\d:\d\d:\d\dZ \(5\dm\) {2}renews /,
    );
    expect(stdout).toMatch(/ {2}verified {8}\d\d:\d\d:\d\dZ introspection: iss, scopes as declared\n/);
    expect(stdout).toMatch(/ {2}files, env {6}gen 1 {2}read back\n/);
    expect(stdout).toContain('  conditions      Ready=True Delivered=True RenewalOverdue=False');
    expect(stdout).toContain(`  web ui          http://ui.test/namespaces/default/workflows/${bench.environment}%2F`);
  });

  it('tells what is wrong and what to do, with the runbook', async () => {
    const broken = (await bench.tokenkeeper(['status', late])).stdout;
    expect(broken).toMatch(new RegExp(`^${late}  needs-attention: .* \\(SinkRefused\\)`));
    expect(broken).toContain('  no generation yet\n');
    expect(broken).toContain('Ready=False(SinkRefused)');
    expect(broken).toMatch(/ {2}do {14}correct the sink’s configuration/);
    expect((await bench.tokenkeeper(['status', paste])).stdout).toContain(
      '  runbook         https://wiki.test/paste\n',
    );
  });

  it('tells programs the same as JSON, instants in ISO 8601, no value', async () => {
    const status = await bench.status(well);
    expect(status).toMatchObject({ key: well, state: 'healthy', generation: 1, acknowledged: 2, total: 2 });
    expect(status.conditions.map(({ type }) => type)).toEqual([
      'Ready',
      'Delivered',
      'RenewalOverdue',
      'Verified',
      'Drifted',
    ]);
    expect(status.generations).toMatchObject([{ generation: 1, state: 'current', verifiedBy: 'introspection' }]);
    expect(status.sinks.map(({ sink, generation }) => [sink, generation])).toEqual([
      ['files', 1],
      ['env', 1],
    ]);
    for (const value of bench.provider.values) expect(JSON.stringify(status)).not.toContain(value);
  });

  it('ends with 8 under --check where it is not well', async () => {
    expect((await bench.tokenkeeper(['status', late, '--check'])).code).toBe(8);
    expect((await bench.tokenkeeper(['status', well, '--check'])).code).toBe(0);
  });

  it('says what to do about a token that nobody keeps', async () => {
    const outcome = await bench.tokenkeeper(['status', bench.key('unknown')]);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toBe(
      `tokenkeeper: no workflow ${bench.environment}/${bench.key('unknown')} is running (NotKept)\n` +
        'do: declare the token in tokens.yaml, then: tokenkeeper apply\n',
    );
  });
});

describe('history', () => {
  it('shows the ledger, and no value', async () => {
    const { code, stdout } = await bench.tokenkeeper(['history', well]);
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(/ +/)[1]);
    expect(events).toEqual(['claimed', 'begun', 'staged', 'promoted']);
    for (const value of bench.provider.values) expect(stdout).not.toContain(value);
  });

  it('is an array as JSON, cut by --limit', async () => {
    const { stdout } = await bench.tokenkeeper(['history', well, '-o', 'json', '--limit', '1']);
    expect(JSON.parse(stdout)).toMatchObject([{ event: 'promoted', generation: 1, at: expect.stringMatching(/Z$/) }]);
  });

  it('needs no Temporal', async () => {
    const argv = ['--config', bench.configFile, '--address', '127.0.0.1:1', 'history', well];
    expect((await bench.raw(argv)).code).toBe(0);
  });
});
