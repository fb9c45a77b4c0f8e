import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import {
  errorKind,
  errorTable,
  isErrorCode,
  isRefusal,
  amended,
  TokenError,
  wordsOf,
  type ErrorWords,
  type ErrorCode,
  type TokenErrorOptions,
  hasCode,
} from '../../src/core/errors.js';
import { PartlyHeard } from '../../src/core/partly-heard.js';
import { Secret } from '../../src/core/secret.js';

const rows = Object.entries(errorTable) as [ErrorCode, (typeof errorTable)[ErrorCode]][];

describe('the table of errors', () => {
  it.each(rows)('%s has a kind, and one line that says what to do', (code, row) => {
    expect(['transient', 'waiting', 'person']).toContain(row.kind);
    expect(row.do).toMatch(/^[a-z][^\n]{9,200}[^.]$/);
    const error = new TokenError(code, 'place and kind');
    expect(error).toMatchObject({ name: 'TokenError', code, kind: row.kind, do: row.do, retryAfterMs: undefined });
    expect(error.cause).toBeUndefined();
    expect([isErrorCode(code), errorKind(code)]).toEqual([true, row.kind]);
  });

  it('knows what only a person may decide', () => {
    expect(rows.filter(([, { kind }]) => kind === 'person').map(([code]) => code)).toEqual([
      'InvalidGrant',
      'OutcomeUnknown',
      'NotMintable',
      'VaultRolledBack',
      'GrantClaimed',
      'VaultDamaged',
    ]);
  });

  it('takes a better remedy and the wish of a provider', () => {
    const error = new TokenError('RateLimited', 'issuer idp', { do: 'wait', retryAfterMs: 5 });
    expect(error).toMatchObject({ do: 'wait', retryAfterMs: 5, message: 'issuer idp' });
  });

  it('is known across two copies of this package, and a subclass is told by itself', async () => {
    vi.resetModules();
    const other = await import('../../src/core/errors.js');
    const error = new other.TokenError('InvalidClient', 'issuer acme');
    expect(other.TokenError).not.toBe(TokenError);
    expect(error).toBeInstanceOf(TokenError);
    class Refused extends TokenError {}
    expect([error, null, 'x'].filter((value) => value instanceof Refused)).toEqual([]);
    expect(new Refused('RequestRefused', 'no')).toBeInstanceOf(Refused);
    expect([new Error('x'), {}, null, undefined, 'TokenError'].filter((value) => value instanceof TokenError)).toEqual(
      [],
    );
  });

  it('retries an error of a newer copy whose code is not known here', () => {
    const error = new TokenError('Nothing' as ErrorCode, 'place and kind', { do: 'wait' });
    expect(error).toMatchObject({ code: 'Nothing', kind: 'transient' });
  });

  it.each(['Nothing', 'constructor', 'toString', 7, null, undefined])('%s is no code, and is retried', (code) => {
    expect(isErrorCode(code)).toBe(false);
    expect(errorKind(String(code))).toBe('transient');
  });

  it('calls a refusal only what proves that nothing was issued', () => {
    expect(['InvalidGrant', 'RateLimited', 'NotMintable'].map((code) => isRefusal(code as ErrorCode))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it.each([
    'ProviderUnavailable',
    'UnexpectedAnswer',
    'OutcomeUnknown',
    'AttemptTimedOut',
    'Cancelled',
    'Internal',
  ] as const)('leaves the outcome open after %s', (code) => {
    expect(isRefusal(code)).toBe(false);
  });

  it('takes no code of a newer copy for a refusal', () => {
    expect(isRefusal('Nothing' as ErrorCode)).toBe(false);
  });
});

describe('a secret', () => {
  const secret = new Secret('planted');

  it('gives its bytes by reveal only', () => {
    expect(secret.reveal()).toBe('planted');
  });

  it.each<[name: string, text: string]>([
    ['a template', `${secret.toString()}`],
    ['String', String(secret)],
    ['JSON', JSON.stringify({ secret })],
    ['inspect', inspect({ secret }, { depth: 9, showHidden: true })],
    ['its keys and values', JSON.stringify([Object.keys(secret), Object.values(secret)])],
  ])('does not show itself to %s', (_name, text) => {
    expect(text).not.toContain('planted');
  });
});

it.each([
  [{ retryAfterMs: Number.NaN }, { retryAfterMs: undefined }],
  [{ retryAfterMs: 'soon' }, { retryAfterMs: undefined }],
  [{ do: { a: 1 } }, { do: errorTable.Conflict.do }],
  [{ do: null }, { do: errorTable.Conflict.do }],
])('what a driver’s JavaScript gives in the place of a span or a text is left out: %j', (options, kept) => {
  expect(new TokenError('Conflict', 'x', options as TokenErrorOptions)).toMatchObject(kept);
});

it('a retold error keeps what it said, except for what was added', () => {
  const error = new TokenError('RateLimited', 'place and kind', { do: 'wait', retryAfterMs: 5, nothingIssued: true });
  const same = { code: 'RateLimited', message: 'place and kind', do: 'wait', retryAfterMs: 5, nothingIssued: true };
  expect(amended(error, {})).toMatchObject(same);
  expect(amended(error, { retryAfterMs: 7, nothingIssued: false })).toMatchObject({
    ...same,
    retryAfterMs: 7,
    nothingIssued: false,
  });
});

describe('what is kept of an error', () => {
  it.each<[string, TokenError, ErrorWords]>([
    ['its remedy by the code alone', new TokenError('Conflict', 'x'), { code: 'Conflict', message: 'x' }],
    ['its own', new TokenError('Conflict', 'x', { do: 'y' }), { code: 'Conflict', message: 'x', do: 'y' }],
    [
      'one line of it',
      new TokenError('Conflict', ` a\n\tb ${'x'.repeat(600)}`, { do: 'c\r\nd' }),
      { code: 'Conflict', message: `a b ${'x'.repeat(495)}…`, do: 'c d' },
    ],
    [
      'nothing that moves a cursor or turns text around, wherever it is shown',
      new TokenError('Conflict', 'a\u001b[2Jb\u009b2Jc\u0000d\u202ee', { do: 'f\u0007\u200fg' }),
      { code: 'Conflict', message: 'a [2Jb 2Jc d e', do: 'f g' },
    ],
    [
      'one of a code that is not known here',
      new TokenError('New' as ErrorCode, 'x', { do: 'y' }),
      { code: 'New', message: 'x', do: 'y' },
    ],
  ])('has %s', (_which, error, words) => {
    expect(wordsOf(error)).toStrictEqual(words);
  });
});

it('a notice that some heard keeps all that its error tells', () => {
  const error = new TokenError('SinkUnavailable', 'x', { retryAfterMs: 5_000, do: 'mend it' });
  expect(new PartlyHeard(error)).toMatchObject({
    code: 'SinkUnavailable',
    message: 'x',
    retryAfterMs: 5_000,
    do: 'mend it',
  });
});

it('a caught error has a code where it is one of ours, with that one', () => {
  expect(hasCode(new TokenError('NotKept', 'gone'), 'NotKept')).toBe(true);
  expect(hasCode(new TokenError('Conflict', 'late'), 'NotKept')).toBe(false);
  expect(hasCode(Object.assign(new Error('theirs'), { code: 'NotKept' }), 'NotKept')).toBe(false);
});
