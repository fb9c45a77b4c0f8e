import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withCli } from '../support/cli.js';

const bench = withCli({ worker: false });
const nowhere = ['--address', '127.0.0.1:1'];

describe('usage', () => {
  it.each([
    { argv: ['lst'], words: ["unknown command 'lst'", 'list'], remedy: 'do: tokenkeeper --help' },
    { argv: ['help', 'lst'], words: ["unknown command 'lst'", 'list'], remedy: 'do: tokenkeeper --help' },
    {
      argv: ['help', 'vault', 'chek'],
      words: ["unknown command 'chek'", 'check'],
      remedy: 'do: tokenkeeper vault --help',
    },
    { argv: ['list', '--chek'], words: ["unknown option '--chek'", '--check'], remedy: 'do: tokenkeeper list --help' },
    { argv: ['status', 'UPPER/x'], words: ['A key is <environment>/<name>'], remedy: 'do: tokenkeeper status --help' },
    { argv: ['status'], words: ["missing required argument 'key'"], remedy: 'do: tokenkeeper status --help' },
    { argv: ['list', '-o', 'xml'], words: ['Allowed choices are table, wide, json, name'], remedy: 'list --help' },
    { argv: ['pause', 'a/b', '--for', 'soon'], words: ['A duration is a number and a unit'], remedy: 'pause --help' },
    {
      argv: ['import', 'a/b', '--expires-at', '2999-01-20T08:00'],
      words: ['a time with its zone'],
      remedy: 'import --help',
    },
    { argv: ['import', 'a/b', '--expires-at', 'soon'], words: ['An instant is a date'], remedy: 'import --help' },
    { argv: ['rotate', 'a/b', '--if-generation', '0'], words: ['a whole number from 1 on'], remedy: 'rotate --help' },
    { argv: ['exec', '-t', 'a/b=1x', '--', 'true'], words: ['no name of a variable'], remedy: 'exec --help' },
    { argv: ['exec', '-t', 'a/x', '-t', 'b/x', '--', 'true'], words: ['X is there already'], remedy: 'exec --help' },
    { argv: ['--address', '', 'list'], words: ['An address is host:port'], remedy: 'do: tokenkeeper --help' },
    { argv: ['--address', 'http://h:1', 'list'], words: ['and no URL'], remedy: 'do: tokenkeeper --help' },
    { argv: ['--address', 'h:65536', 'list'], words: ['An address is host:port'], remedy: 'do: tokenkeeper --help' },
    { argv: ['--prefix', `x" OR "`, 'list'], words: ['A prefix is at most 100 of'], remedy: 'do: tokenkeeper --help' },
    { argv: ['--prefix', '', 'list'], words: ['A prefix is at most 100 of'], remedy: 'do: tokenkeeper --help' },
    { argv: ['--task-queue', '', 'apply'], words: ['It is empty'], remedy: 'do: tokenkeeper --help' },
    { argv: ['--namespace', ' ', 'list'], words: ['It is empty'], remedy: 'do: tokenkeeper --help' },
    { argv: ['list', '-e', 'a/b'], words: ['the part of a key before its /'], remedy: 'list --help' },
    { argv: ['eject', '-e', 'A'], words: ['the part of a key before its /'], remedy: 'eject --help' },
    { argv: ['import', 'a/b', '--replace'], words: ['--replace is for a set'], remedy: 'import --help' },
    { argv: ['pause', 'a/b', '--reason', 'a\nb'], words: ['A reason is one line'], remedy: 'pause --help' },
    {
      argv: ['rotate', 'a/b', '--reason', 'x'.repeat(501)],
      words: ['at most 500 characters'],
      remedy: 'rotate --help',
    },
    { argv: ['vault', 'rekei'], words: ["unknown command 'rekei'"], remedy: 'do: tokenkeeper vault --help' },
  ])('tokenkeeper $argv ends with 2, says what is wrong and where help is', async ({ argv, words, remedy }) => {
    const { code, stdout, stderr } = await bench.raw(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^tokenkeeper: .*\ndo: tokenkeeper .*\n$/);
    for (const word of [...words, remedy]) expect(stderr).toContain(word);
  });

  it('shows help and version on stdout, with 0', async () => {
    expect(await bench.raw(['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Usage: tokenkeeper'),
      stderr: '',
    });
    const rekey = expect.stringContaining('Usage: tokenkeeper vault rekey');
    expect(await bench.raw(['help', 'vault', 'rekey'])).toMatchObject({ code: 0, stdout: rekey, stderr: '' });
    const rotate = expect.stringContaining('Usage: tokenkeeper rotate');
    expect(await bench.raw(['help', 'rotate', 'a/b'])).toMatchObject({ code: 0, stdout: rotate, stderr: '' });
    expect((await bench.raw(['help'])).stdout).toContain('Usage: tokenkeeper');
    expect((await bench.raw(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await bench.raw([])).stdout).toContain('Usage: tokenkeeper');
  });
});

describe('what is not there', () => {
  it('says what to do when Temporal does not answer', async () => {
    const outcome = await bench.raw([...nowhere, 'list']);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toBe(
      'tokenkeeper: Temporal does not answer on 127.0.0.1:1 (ServerUnavailable)\n' +
        'do: start it there, or correct the address: TEMPORAL_ADDRESS, a profile of temporal.toml; to have one of your own: tokenkeeper up, found from the folder of its tokens.yaml, or by --config\n',
    );
  });

  it.each([
    {
      env: { TOKENKEEPER_PREFIX: `x" OR "` },
      words: 'TOKENKEEPER_PREFIX is no prefix of workflow ids (ConfigInvalid)',
    },
    { env: { TEMPORAL_ADDRESS: '127.0.0.1:99999' }, words: 'does not answer on 127.0.0.1:99999 (ServerUnavailable)' },
  ])('says what is wrong about $env', async ({ env, words }) => {
    const outcome = await bench.raw(['list'], { env });
    expect(outcome).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(words) });
  });

  it.each([
    ['pause', 'a/b', '--for', '0s'],
    ['pause', 'a/b', '--until', '2001-01-01'],
  ])('refuses a pause that is over before it begins: %s %s %s %s', async (...argv) => {
    const outcome = await bench.raw([...nowhere, ...argv]);
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining('the end of the pause is over already') });
  });

  it.each(['--port', '--ui-port'])('%s of up is a port', async (option) => {
    for (const port of ['0', '65536'])
      expect(await bench.tokenkeeper(['up', option, port])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('It is a whole number from 1 to 65535.\ndo: tokenkeeper up --help\n'),
      });
  });

  it('says that a profile is not there', async () => {
    const outcome = await bench.raw(['--profile', 'nowhere', 'list']);
    expect(outcome).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('profile "nowhere" cannot be read (ConfigInvalid)'),
    });
  });

  it('names the certificate of a profile that is not there', async () => {
    const toml = join(bench.folder, 'temporal.toml');
    await writeFile(toml, '[profile.staging.tls]\nclient_cert_path = "/no/such/client.pem"\n');
    const env = { TEMPORAL_CONFIG_FILE: toml };
    expect(await bench.raw(['--profile', 'staging', 'list'], { env })).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'tokenkeeper: /no/such/client.pem of Temporal’s profile "staging": ENOENT (ConfigInvalid)\n' +
        'do: correct its path in temporal.toml or TEMPORAL_*, or let this user read it\n',
    });
  });

  it('names every problem of the configuration with its place and what to do', async () => {
    const file = join(bench.folder, 'bad.yaml');
    await writeFile(file, 'version: 1\ntokens:\n  a/b: { issuer: nobody, sinks: [nowhere], renewBefore: soon }\n');
    for (const command of ['apply', 'plan', 'up']) {
      const { code, stdout, stderr } = await bench.raw(['-c', file, command]);
      expect({ command, code, stdout }).toEqual({ command, code: 1, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^${file}:3:\\d+ tokens.a/b.*\n  do: `));
      expect(stderr).toMatch(/tokenkeeper: \d+ problems? in the configuration\n$/);
      expect(stderr).not.toMatch(/ at .*\.ts:/);
    }
  });

  it('takes several configurations from TOKENKEEPER_CONFIG', async () => {
    const tokens = join(bench.folder, 'more.yaml');
    await writeFile(tokens, 'version: 1\ntokens:\n  cli/more: { issuer: manual, vault: local }\n');
    const env = { TOKENKEEPER_CONFIG: `${bench.configFile}:${tokens}` };
    const outcome = await bench.raw(['import', 'cli/more', ...nowhere], { env, stdin: 'value' });
    expect(outcome).toMatchObject({ code: 0, stdout: expect.stringContaining('cli/more gen 1 imported') });
    expect(outcome.stdout).toContain(
      'no expiry known: with --expires-at somebody is reminded\nnothing keeps it yet; next: tokenkeeper up, or apply',
    );
  });

  it('says that the demo is not part of the package', async () => {
    expect(await bench.raw(['demo'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('do: clone the repository'),
    });
  });
});

describe('vault', () => {
  it('init makes one once', async () => {
    const outcome = await bench.tokenkeeper(['vault', 'init']);
    expect(outcome).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^there already: vault [0-9a-f-]+ at .*vault\.db, /),
    });
  });

  it('rekey seals it anew and keeps the old key aside', async () => {
    await bench.declare({ [bench.key('one')]: { issuer: 'manual' } });
    await bench.tokenkeeper([...nowhere, 'import', bench.key('one')], { stdin: 'value-1' });
    const before = await bench.read('vault.key');
    const outcome = await bench.tokenkeeper(['vault', 'rekey']);
    expect(outcome).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^rekeyed: vault .*, key id \S+, \d+ documents? sealed anew\n/),
    });
    expect(await bench.read('vault.key')).not.toBe(before);
    expect(outcome.stdout).toMatch(/backups made before need it, destroy it with the last of them\n$/);
    expect(outcome.stdout).not.toContain(before.trim());
    expect((await bench.tokenkeeper(['get', bench.key('one')])).stdout).toBe('value-1\n');
  });

  it('backup, check and restore bring it back', async () => {
    const copy = join(bench.folder, 'copy.db');
    expect((await bench.tokenkeeper(['vault', 'backup', copy])).code).toBe(0);
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
    expect(await bench.tokenkeeper(['vault', 'restore', copy])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`replace the vault at ${join(bench.folder, 'vault.db')} by ${copy}:`),
    });
    expect((await bench.tokenkeeper(['vault', 'restore', copy, '--yes'])).stdout).toMatch(
      /^restored: \d+ documents? in .*\nnext: tokenkeeper deliver KEY for each token, .*; status KEY says what to do\nwhere Temporal was put back .*: do not deliver, renew: .*\n$/,
    );
    expect((await bench.tokenkeeper(['vault', 'check'])).stdout).toMatch(/^sound: vault /);
  });

  it.each([[['--yes']], [[]]])('restore from a file that is not there says so before it asks: %j', async (yes) => {
    const nowhereAtAll = join(bench.folder, 'no-such.db');
    expect(await bench.tokenkeeper(['vault', 'restore', nowhereAtAll, ...yes])).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `tokenkeeper: there is no backup at ${nowhereAtAll} (VaultUnavailable)\n` +
        'do: name the file that tokenkeeper vault backup wrote\n',
    });
  });

  it('says which vaults there are', async () => {
    const outcome = await bench.tokenkeeper(['vault', 'check', 'remote']);
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('do: name one of: local') });
  });

  it('does not tell who has a vault of another driver to declare an embedded one', async () => {
    await bench.declare({}, { vaults: { remote: { driver: 'memory' } } });
    const remedy =
      'do: this command is for embedded vaults: what another driver stores is looked after where it is stored\n';
    for (const argv of [['check'], ['backup', 'here.db'], ['rekey', 'remote']])
      expect(await bench.tokenkeeper(['vault', ...argv])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(remedy),
      });
    await bench.declare({}, { vaults: {} });
    expect((await bench.tokenkeeper(['vault', 'check'])).stderr).toContain('do: declare one: vaults: ');
  });
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('completion %s knows every command', async (shell) => {
    const { code, stdout } = await bench.raw(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['rotate', 'status', 'exec', 'schema', 'out', 'if-generation', 'list -o name'])
      expect(stdout).toContain(word);
  });
});
