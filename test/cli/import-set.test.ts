import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { entriesOf } from '../../src/cli/import/entries.js';
import { withCli, type Outcome } from '../support/cli.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli();
const names = Array.from({ length: 20 }, (_, index) => `job-${String(index + 1).padStart(2, '0')}`);
const keys = names.map((name) => bench.key(name));
const valueFor = (key: string, round = 1): string => `glpat-${round}-${Buffer.from(key).toString('base64url')}`;
const variableFor = (name: string): string => name.toUpperCase().replace('-', '_');
const [first = '', second = '', third = ''] = keys;

interface Row {
  readonly key: string;
  readonly action: string;
  readonly generation: number;
  readonly expiresAt: string | null;
  readonly error: { readonly message: string; readonly code: string | null; readonly do: string | null } | null;
  readonly done: boolean;
  readonly sinks: { readonly acknowledged: number; readonly total: number } | null;
}

beforeAll(async () => {
  await bench.declare(Object.fromEntries(keys.map((key) => [key, { issuer: 'manual', sinks: ['files'] }])));
});

async function write(file: string, text: string): Promise<string> {
  const path = join(bench.folder, file);
  await writeFile(path, text);
  return path;
}

const importSet = (file: string, ...more: readonly string[]): Promise<Outcome> =>
  bench.tokenkeeper(['import', '--from', file, ...more]);
const rowsOf = ({ stdout }: Outcome): Row[] => JSON.parse(stdout) as Row[];
const generationOf = async (key: string): Promise<number> =>
  (JSON.parse((await bench.tokenkeeper(['get', key, '-o', 'json'])).stdout) as { generation: number }).generation;

/** No value of the test may stand in what a command says. */
function expectSilent({ stdout, stderr }: Outcome): void {
  expect(`${stdout}${stderr}`).not.toContain('glpat-');
}

describe('import --from a set of 20 tokens', () => {
  it('does nothing at all where one is refused, and names it', async () => {
    const stranger = bench.key('stranger');
    const all = { ...Object.fromEntries(keys.map((key) => [key, valueFor(key)])), [stranger]: valueFor(stranger) };
    const file = await write('refused.json', JSON.stringify(all));
    const outcome = await importSet(file);
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    expect(outcome.stdout).toContain(`x ${stranger}: ${stranger} is not declared (NotKept)\n  do: declare the token`);
    expect(outcome.stdout).toMatch(/21 tokens: 20 import, 1 refused\nNothing was imported: all or none\.\n$/);
    expect((await bench.tokenkeeper(['get', first])).stderr).toContain('(NotKept)');
    expectSilent(outcome);
  });

  it('takes dotenv with a mapping, stores all, and says that nothing keeps them yet', async () => {
    const lines = keys.map((key, index) => `${variableFor(names[index] ?? '')}="${valueFor(key)}"`);
    const file = await write('.env', `# of the old job\nUNRELATED=glpat-unrelated\n${lines.join('\n')}\n`);
    const map = await write(
      'names.yaml',
      keys.map((key, index) => `${key}: ${variableFor(names[index] ?? '')}`).join('\n'),
    );
    const dry = await importSet(file, '--map', map, '--dry-run');
    expect(dry).toMatchObject({ code: 0, stderr: 'tokenkeeper: 1 other name of the file left alone\n' });
    expect(dry.stdout).toContain('20 tokens: 20 import\nNothing was imported: --dry-run.\n');
    const outcome = await importSet(file, '--map', map);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain(
      '20 tokens: 20 imported, 0 there already, 0 delivered\n20 kept by nothing yet; next: tokenkeeper up, or apply where Temporal and a worker run\n',
    );
    for (const key of keys) expect((await bench.tokenkeeper(['get', key])).stdout).toBe(`${valueFor(key)}\n`);
    for (const one of [dry, outcome]) expectSilent(one);
  });

  it('is delivered by the workflows that start then, as it is', async () => {
    expect((await bench.tokenkeeper(['apply', '--wait', '--timeout', '2m'])).code).toBe(0);
    for (const key of keys) expect((await bench.read(`run/${key}`)).trim()).toBe(valueFor(key));
  }, 180_000);

  it('run again it writes no generation, and still says that all is delivered', async () => {
    const file = await write('again.yaml', keys.map((key) => `${key}: ${valueFor(key)}`).join('\n'));
    const outcome = await importSet(file, '-o', 'json');
    const rows = rowsOf(outcome);
    expect(rows.map(({ key }) => key)).toEqual(keys);
    for (const row of rows)
      expect(row).toMatchObject({
        action: 'same',
        generation: 1,
        done: true,
        error: null,
        sinks: { acknowledged: 1, total: 1 },
      });
    expectSilent(outcome);
  });

  it('replaces other values only with --replace, and delivers them', async () => {
    const file = await write(
      'newer.json',
      JSON.stringify({ [first]: valueFor(first, 2), [second]: valueFor(second) }, null, '\t'),
    );
    const refused = await importSet(file);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stdout).toContain(
      `x ${first}: generation 1 has another value\n  do: give --replace, if the file is right\n`,
    );
    expect(await generationOf(first)).toBe(1);
    const replaced = rowsOf(await importSet(file, '--replace', '--reason', 'INC-7', '-o', 'json'));
    expect(replaced.map(({ action, generation }) => ({ action, generation }))).toEqual([
      { action: 'replace', generation: 2 },
      { action: 'same', generation: 1 },
    ]);
    await waitFor(() => bench.read(`run/${first}`), {
      limitMs: 45_000,
      until: (text) => text.trim() === valueFor(first, 2),
    });
    expect((await bench.tokenkeeper(['history', first])).stdout).toMatch(/imported +2 +INC-7 /);
  });

  it('takes the expiry with the value, and a change of it alone is no new value', async () => {
    const withExpiry = (expiresAt: string): string =>
      JSON.stringify({ [third]: { value: valueFor(third), expiresAt } });
    const file = await write('expiry.json', withExpiry('2999-01-20'));
    expect(rowsOf(await importSet(file, '-o', 'json'))).toMatchObject([
      { action: 'expiry', expiresAt: '2999-01-20T00:00:00.000Z', done: true },
    ]);
    expect(rowsOf(await importSet(file, '-o', 'json'))).toMatchObject([{ action: 'same' }]);
    // a file that says nothing of it takes it from nobody
    const silent = await write('silent.json', JSON.stringify({ [third]: valueFor(third) }));
    expect(rowsOf(await importSet(silent, '-o', 'json'))).toMatchObject([
      { action: 'same', expiresAt: '2999-01-20T00:00:00.000Z' },
    ]);
  });

  it('says that the sinks lack it where Temporal is away, and not that nothing keeps it', async () => {
    const away = ['--address', '127.0.0.1:1'];
    const file = await write('away.json', JSON.stringify({ [first]: valueFor(first, 3) }));
    const set = await bench.tokenkeeper([...away, 'import', '--from', file, '--replace']);
    expect(set).toMatchObject({ code: 1, stdout: expect.not.stringContaining('kept by nothing') });
    const lacks = 'it is in the vault, not in its sinks: ';
    expect(set.stderr).toContain(`${first}: ${lacks}`);
    expect(set.stderr).toMatch(new RegExp(`\\ndo: .*; then: tokenkeeper deliver ${first}\\n$`));
    const asJson = rowsOf(await bench.tokenkeeper([...away, 'import', '--from', file, '-o', 'json']));
    expect(asJson).toMatchObject([{ action: 'same', error: { do: expect.stringMatching(`deliver ${first}$`) } }]);
    const one = await bench.tokenkeeper([...away, 'import', first], { stdin: valueFor(first, 4) });
    expect(one).toMatchObject({ code: 1, stdout: expect.stringMatching(/ gen \d+ imported, .*\n$/) });
    expect(one.stderr).toContain(lacks);
    expect(one.stderr).toMatch(new RegExp(`; then: tokenkeeper deliver ${first}\n$`));
    expectSilent(one);
    const told = await bench.tokenkeeper([...away, 'import', first, '-o', 'json'], { stdin: valueFor(first, 4) });
    // It is stored all the same, which a program has to know.
    expect({ code: told.code, told: JSON.parse(told.stdout) as unknown }).toMatchObject({
      code: 1,
      told: { key: first, generation: expect.any(Number), sinks: null },
    });
    expect((await bench.tokenkeeper(['deliver', first])).code).toBe(0);
    expect((await bench.read(`run/${first}`)).trim()).toBe(valueFor(first, 4));
  }, 120_000);

  it('reads a set from a pipe', async () => {
    const outcome = await bench.tokenkeeper(['import', '--from', '-', '-t', `${second}=OLD`, '-o', 'json'], {
      stdin: `OLD=${valueFor(second)}\n`,
    });
    expect(rowsOf(outcome)).toMatchObject([{ key: second, from: 'OLD', action: 'same', done: true }]);
  });
});

describe('unreadable or unusable entries are reported by their position', () => {
  const shh = 'glpat-not-to-be-seen';
  it.each([
    { title: 'YAML that is none', file: 'a.yaml', text: `x: [${shh}\ny: "`, words: /a\.yaml:\d+:\d+: / },
    {
      title: 'a name that stands twice',
      file: 'b.json',
      text: `{"${shh}": "a", "${shh}": "b"}`,
      words: /a name stands twice/,
    },
    {
      title: 'the wrong way round',
      file: 'c.json',
      text: `{"${shh.toUpperCase()}": "production/x"}`,
      words: /entry 1 is not named by a token’s key/,
    },
    { title: 'a list', file: 'd.json', text: `["${shh}"]`, words: /holds no object of names and values/ },
    { title: 'nothing', file: 'e.json', text: '{}', words: /holds no value/ },
    {
      title: 'dotenv without a mapping',
      file: 'f.env',
      text: `A=${shh}`,
      words: /which name is which token was not said\ndo: give -t KEY=NAME/,
    },
  ])('$title', async ({ file, text, words }) => {
    const outcome = await importSet(await write(file, text));
    expect(outcome).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(words) });
    expect(outcome.stderr).toMatch(/^ *do: .+\n/m);
    expect(outcome.stderr.toLowerCase()).not.toContain(shh);
  });

  it.each([
    { name: 'GITLAB_TOKN', words: 'the file does not hold this name; did you mean GITLAB_TOKEN?' },
    { name: 'SOMETHING_ELSE', words: 'the file does not hold this name' },
  ])('a name that the file lacks refuses the set: $name', async ({ name, words }) => {
    const file = await write('named.env', `GITLAB_TOKEN=${shh}\n`);
    const outcome = await importSet(file, '-t', `${second}=${name}`, '-o', 'json');
    const remedy = 'correct the file, or the names that were given';
    expect(rowsOf(outcome)).toMatchObject([{ action: 'refused', error: { message: words, do: remedy } }]);
  });

  it.each([
    { title: 'a number', member: 7, words: 'the value is no text: put it in quotes' },
    { title: 'nothing', member: '', words: 'there is no value' },
    { title: 'blanks alone', member: ' ', words: 'there is no value' },
    { title: 'null', member: null, words: 'the value is no text' },
    { title: 'several lines', member: `${shh}\n${shh}`, words: 'the value has more than one line' },
    { title: 'half of a surrogate pair', member: `${shh}\ud800`, words: 'other than printable ASCII' },
    { title: 'far too much', member: shh.repeat(4_000), words: 'the value is no token: too long' },
    { title: 'a value that is dead', member: { value: shh, expiresAt: '2001-01-01' }, words: 'dead on arrival' },
    {
      title: 'a time without a zone',
      member: { value: shh, expiresAt: '2999-01-01T08:00' },
      words: 'no time with its zone',
    },
    { title: 'an expiry that is none', member: { value: shh, expiresAt: 'soon' }, words: 'expiresAt is no date' },
    {
      title: 'a member that is not known',
      member: { value: shh, [shh]: 1 },
      words: 'neither text nor { value, expiresAt }',
    },
  ])('$title refuses the set', async ({ member, words }) => {
    const outcome = await importSet(await write('member.json', JSON.stringify({ [second]: member })), '-o', 'json');
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    expect(rowsOf(outcome)).toMatchObject([
      { action: 'refused', done: false, error: { message: expect.stringContaining(words) } },
    ]);
    expect(outcome.stdout).not.toContain(shh);
  });

  it.each([
    { argv: ['import'], words: 'one value needs its KEY, a set of tokens --from FILE' },
    { argv: ['import', 'a/b', '--dry-run'], words: 'a set of tokens needs --from FILE' },
    { argv: ['import', 'a/b', '--from', 'x'], words: 'either one KEY, or --from FILE' },
    { argv: ['import', '--from', 'x', '--expires-at', '2999-01-01'], words: '--expires-at is for one value' },
    { argv: ['import', '--from', '/nowhere/at/all.json'], words: '/nowhere/at/all.json cannot be read' },
    { argv: ['import', '--from', 'x', '-t', 'a/b', '-t', 'a/b=C'], words: 'a/b is there already' },
    { argv: ['import', '--from', 'x', '-t', 'a/b='], words: 'A name of a value stands behind the =' },
  ])('tokenkeeper $argv ends with 2', async ({ argv, words }) => {
    expect(await bench.tokenkeeper(argv)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(words),
    });
  });
});

it('a token that -t and --map name each once is named twice: one of its values would be lost', () => {
  const value = { value: null, expiresAt: undefined, fault: null };
  const found = ['A', 'B'].map((name) => ({ name, ...value }));
  const named = ['A', 'B'].map((name) => ({ key: 'a/b', name }));
  expect(() => entriesOf(found, named, 'dotenv')).toThrow(
    expect.objectContaining({ exitCode: 2, message: 'a/b is named twice' }),
  );
});

it('does not say delivered where a workflow of that name keeps another vault, as of a demo beside this one', async () => {
  const [one, two] = [bench.key('twice'), bench.key('twice-too')];
  const tokens = { [one]: { issuer: 'manual', sinks: ['files'] }, [two]: { issuer: 'manual', sinks: ['files'] } };
  await bench.declare(tokens);
  const file = await write('twice.json', JSON.stringify({ [one]: valueFor(one), [two]: valueFor(two) }));
  expect((await importSet(file)).code).toBe(0);
  expect(await bench.tokenkeeper(['apply', '--wait'])).toMatchObject({ code: 0 });
  const config = JSON.parse(await bench.read('tokens.yaml')) as object;
  const vaults = { local: { driver: 'embedded', path: 'beside.db' } };
  const beside = ['-c', await write('beside.json', JSON.stringify({ ...config, vaults })), ...bench.flags.slice(2)];
  await bench.raw([...beside, 'vault', 'init']);
  const set = await bench.raw([...beside, 'import', '--from', file]);
  expect(set.code).toBe(1);
  expect(set.stdout).toContain('2 imported, 0 there already, 0 delivered');
  const words =
    /it is in the vault, not in its sinks: another vault \(\S+\) is kept there than this one \(\S+\) \(VaultMismatch\)/;
  expect(set.stderr).toMatch(words);
  const single = await bench.raw([...beside, 'import', one], { stdin: valueFor(one) });
  expect(single).toMatchObject({ code: 1, stderr: expect.stringMatching(words) });
  expectSilent(set);
}, 60_000);

it('does not take the sinks of the value before for those of one that is not adopted yet', async () => {
  const key = bench.key('held-up');
  await bench.declare({ [key]: { issuer: 'manual', sinks: ['files'] } });
  await importSet(await write('held-up.json', JSON.stringify({ [key]: valueFor(key) })));
  expect(await bench.tokenkeeper(['apply', '--wait'])).toMatchObject({ code: 0 });
  const pending = { status: 'pending', generation: 1, code: null, message: null, sinks: '1/1' } as const;
  const held = vi.spyOn(TokenKeeperClient.prototype, 'deliver').mockResolvedValue(pending);
  try {
    const single = await bench.tokenkeeper(['import', key], { stdin: valueFor(key, 2) });
    expect({ code: single.code, stdout: single.stdout }).toEqual({
      code: 1,
      stdout: expect.not.stringContaining('delivered'),
    });
    expect(single.stderr).toContain('it is in the vault, not in its sinks yet');
    const set = await importSet(await write('held-up.json', JSON.stringify({ [key]: valueFor(key, 3) })), '--replace');
    expect(set).toMatchObject({ code: 1, stdout: expect.stringContaining('1 imported, 0 there already, 0 delivered') });
  } finally {
    held.mockRestore();
  }
  expect((await bench.tokenkeeper(['deliver', key])).stdout).toContain('gen 3: 1/1 sinks have it');
}, 60_000);

it('a set that breaks off names what is done and what is not, and the same again finishes it', async () => {
  const [early, stuck, late] = [bench.key('early'), bench.key('stuck'), bench.key('late')];
  const vaults = { local: { driver: 'embedded', path: 'vault.db' }, other: { driver: 'embedded', path: 'other.db' } };
  const tokens = {
    [early]: { issuer: 'manual' },
    [stuck]: { issuer: 'manual', vault: 'other' },
    [late]: { issuer: 'manual' },
  };
  await bench.declare(tokens, { vaults, defaults: { owner: 'platform', vault: 'local' } });
  await bench.tokenkeeper(['vault', 'init', 'other']);
  const file = await write(
    'broken.json',
    JSON.stringify({ [early]: valueFor(early), [stuck]: valueFor(stuck), [late]: valueFor(late) }),
  );
  // Another program writes for longer than anybody waits: it can be read, so that the check finds nothing.
  const writer = new DatabaseSync(join(bench.folder, 'other.db'));
  writer.exec('BEGIN IMMEDIATE');
  const broken = await importSet(file);
  writer.exec('ROLLBACK');
  writer.close();
  expect(broken.code).toBe(1);
  expect(broken.stdout).toContain('1 token: 1 imported, 0 there already');
  expect(broken.stderr).toContain(`(VaultUnavailable); imported: ${early}; not imported: ${stuck}, ${late}\n`);
  expect(broken.stderr).toContain('then run the same again: what is there already stays\n');
  expectSilent(broken);
  const again = rowsOf(await importSet(file, '-o', 'json'));
  expect(again.map(({ action, generation, done }) => ({ action, generation, done }))).toEqual([
    { action: 'same', generation: 1, done: true },
    { action: 'import', generation: 1, done: true },
    { action: 'import', generation: 1, done: true },
  ]);
});
