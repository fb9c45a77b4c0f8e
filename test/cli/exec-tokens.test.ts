import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { HiddenSecrets, MaskStream } from '../../src/cli/exec/mask.js';
import { lookOf } from '../../src/cli/exec/run-once.js';
import { readTokens } from '../../src/cli/exec/exec-tokens.js';
import { Session } from '../../src/cli/session.js';
import type { HeldToken } from '../../src/runtime.js';
import { withCli } from '../support/cli.js';
import { ioOf } from '../support/io.js';

const bench = withCli({ worker: false });

it('a newer value of any of its tokens is a renewal for a program, the same one as another generation is none', async () => {
  const wanted = ['a/one', 'a/two'].map((key) => ({ key, variable: key.slice(2).toUpperCase() }));
  let generation = 0;
  const read = (values: Record<string, number>) => {
    const get = async (key: string): Promise<HeldToken> => ({
      value: `${key} ${values[key]}`,
      generation: ++generation,
      expiresAt: null,
    });
    return readTokens({ get }, wanted);
  };
  const before = await read({ 'a/one': 1, 'a/two': 1 });
  expect(before.values).toEqual({ ONE: 'a/one 1', TWO: 'a/two 1' });
  expect((await read({ 'a/one': 1, 'a/two': 1 })).version).toBe(before.version);
  for (const newer of [
    { 'a/one': 2, 'a/two': 1 },
    { 'a/one': 1, 'a/two': 2 },
  ])
    expect((await read(newer)).version).not.toBe(before.version);
});

it('each look of exec is into the vault, not at what was there a moment ago, and what it finds is masked at once', async () => {
  const key = bench.key('pasted');
  await bench.declare({ [key]: { issuer: 'manual' } });
  const bring = (stdin: string) =>
    bench.raw(['-c', bench.configFile, '--address', '127.0.0.1:1', 'import', key], { stdin });
  await bring('the-first-value');
  const session = new Session(ioOf({}), { config: [bench.configFile] });
  const secrets = new HiddenSecrets();
  const look = await lookOf(session, [{ key, variable: 'IT' }], secrets);
  const before = await look();
  expect(before.values).toEqual({ IT: 'the-first-value' });
  await bring('the-second-value');
  const after = await look();
  expect(after.values).toEqual({ IT: 'the-second-value' });
  expect(after.version).not.toBe(before.version);
  const masked = new MaskStream(secrets);
  masked.end('the-first-value the-second-value');
  expect(await text(masked)).toBe('[secret] [secret]');
  await session.close();
});
