import { describe, expect, it } from 'vitest';
import type { ApplyRow } from '../../src/cli/apply/apply-row.js';
import { applyAll } from '../../src/cli/apply/apply-all.js';
import { atOnce, eachAnswered, resultsInOrder } from '../../src/cli/requests/concurrently.js';
import type { Session } from '../../src/cli/session.js';
import type { TokenKeeperClient } from '../../src/client.js';
import { TokenError } from '../../src/core/errors.js';
import { byKey } from '../../src/core/key.js';
import type { TokenSpec } from '../../src/core/spec.js';

const silence = new TokenError('ServerUnavailable', 'no worker answered for tokenkeeper/a/b');
const names = Array.from({ length: 40 }, (_, index) => `t${index}`);

/** What `apply` asks of a session before it starts a token: this one's vault is not to be reached. */
const withoutVault = {
  prefix: 'tokenkeeper',
  connected: async () => ({
    connection: { workflowService: { describeNamespace: async () => ({}), getClusterInfo: async () => ({}) } },
    namespace: 'default',
  }),
  connections: async () => ({ vault: () => Promise.reject(new TokenError('PolicyDenied', 'no vault here')) }),
};

/** Answers for each name from its nth try on. */
function answeringFrom(nth: (name: string) => number) {
  const tries = new Map<string, number>();
  const answer = async (name: string): Promise<void> => {
    const count = (tries.get(name) ?? 0) + 1;
    tries.set(name, count);
    if (count < nth(name)) throw silence;
  };
  return { answer, tries };
}

describe('what is asked of many tokens', () => {
  it('is asked again of those that a busy worker was silent about, after the others, until all have answered', async () => {
    const { answer, tries } = answeringFrom((name) => (name === 't0' ? 3 : name < 't2' ? 2 : 1));
    const warnings: string[] = [];
    await eachAnswered({ warn: (message) => warnings.push(message) }, names, answer);
    const late = names.filter((name) => name < 't2');
    expect(warnings).toEqual([
      `no worker answered for ${late.length} tokens yet: it has much to do, trying again`,
      'no worker answered for 1 token yet: it has much to do, trying again',
    ]);
    expect(tries.get('t0')).toBe(3);
    expect(tries.get('t30')).toBe(1);
  });

  it('is not asked again where nobody answers at all', async () => {
    const { answer, tries } = answeringFrom(() => Infinity);
    const silent: string[] = [];
    await eachAnswered({ warn: () => expect.unreachable() }, names, answer, (name, error) =>
      silent.push(error === silence ? name : 'another error'),
    );
    expect(silent.toSorted()).toEqual(names.toSorted());
    expect(new Set(tries.values())).toEqual(new Set([1]));
  });

  it('ends with the unanswered error without onSilent, and at once with any other failure', async () => {
    const { answer } = answeringFrom((name) => (name === 't7' ? Infinity : 1));
    const session = { warn: () => undefined };
    await expect(eachAnswered(session, names, answer)).rejects.toBe(silence);
    const other = new TokenError('NotKept', 'gone');
    const refuse = (): Promise<never> => Promise.reject(other);
    await expect(eachAnswered(session, names, refuse)).rejects.toBe(other);
  });

  it('of apply is a row each, also of one whose worker was too busy at first', async () => {
    const { answer } = answeringFrom((name) => (name === 'a/t1' ? 2 : name === 'a/t2' ? Infinity : 1));
    const apply = ({ key }: TokenSpec) => answer(key).then(() => 'unchanged');
    const said: string[] = [];
    const session = {
      ...withoutVault,
      io: { stop: new AbortController().signal, stderr: { write: (text: string) => said.push(text) }, env: {} },
      print: (...lines: string[]) => said.push(...lines),
      warn: (line: string) => said.push(line),
    } as unknown as Session;
    const tokens = ['a/t1', 'a/t2', 'a/t3'].map((key) => ({ key, sinks: [] }) as unknown as TokenSpec);
    const rows: ApplyRow[] = [];
    await applyAll(session, { apply } as unknown as TokenKeeperClient, tokens, {}, rows);
    expect(rows.toSorted(byKey).map(({ key, action }) => `${key} ${action}`)).toEqual([
      'a/t1 unchanged',
      'a/t2 failed',
      'a/t3 unchanged',
    ]);
    expect(said).toEqual([
      'no worker answered for 2 tokens yet: it has much to do, trying again',
      'no worker answered for 1 token yet: it has much to do, trying again',
      'x a/t2  failed',
      expect.stringContaining('no worker answered'),
      expect.stringContaining('do: '),
      '3 tokens: 0 started, 0 changed, 2 unchanged, 1 failed',
    ]);
  });
});

it('apply that was asked to stop begins with no further token, as while it withdraws the permissions of others', async () => {
  const stop = new AbortController();
  const begun: string[] = [];
  const apply = async ({ key }: TokenSpec) => {
    begun.push(key);
    stop.abort();
    return 'unchanged';
  };
  const session = { ...withoutVault, io: { stop: stop.signal }, print: () => {} } as unknown as Session;
  const tokens = names.map((name) => ({ key: `a/${name}`, sinks: [] }) as unknown as TokenSpec);
  const rows: ApplyRow[] = [];
  await applyAll(session, { apply } as unknown as TokenKeeperClient, tokens, {}, rows);
  expect({ begun, rows: rows.length }).toEqual({ begun: ['a/t0'], rows: 1 });
});

describe('a look at many', () => {
  it('is at several at once, no more than that, and tells them in their order', async () => {
    let underWay = 0;
    let most = 0;
    const work = async (name: string): Promise<string> => {
      most = Math.max(most, ++underWay);
      // The first ones take the longest.
      for (let turn = 0; turn < 60 - names.indexOf(name); turn++) await Promise.resolve();
      underWay--;
      return name;
    };
    const told: string[] = [];
    for await (const name of resultsInOrder(names, work)) told.push(name);
    expect(told).toEqual(names);
    expect(most).toBe(atOnce);
  });

  it('throws what failed at its turn', async () => {
    const told: string[] = [];
    const work = (name: string) => (name === 't3' ? Promise.reject(silence) : Promise.resolve(name));
    const look = async (): Promise<void> => {
      for await (const name of resultsInOrder(names, work)) told.push(name);
    };
    await expect(look()).rejects.toBe(silence);
    expect(told).toEqual(['t0', 't1', 't2']);
  });
});
