import { describe, expect, it } from 'vitest';
import {
  continueAt,
  isBrought,
  isOfAnother,
  isOfAnotherSpec,
  issuedBy,
  moveTo,
  takeBack,
  withIssuer,
} from '../../src/core/record/issued-by.js';
import { emptyRecord, type IssuedBy } from '../../src/core/record/record.js';
import { specOf } from './build.js';
import { generation, intentOf, key, recordOf } from './build-record.js';
import { t0 } from './time.js';

const spec = specOf({ issuer: 'new', parameters: { client: 'now' } });
const at = (connection: string): IssuedBy => ({ connection, parameters: { client: 'then' }, retire: 'revoke' });

describe('the issuer of a value', () => {
  it.each<[name: string, by: IssuedBy | undefined, issuer: IssuedBy]>([
    ['that nobody noted is the token’s', undefined, { connection: 'new', parameters: { client: 'now' } }],
    ['that is the token’s is asked as the token says', at('new'), { connection: 'new', parameters: { client: 'now' } }],
    ['that the token named before is asked as it was', at('old'), at('old')],
  ])('%s', (_name, by, issuer) => {
    const held = generation(1, 'current', { issuedBy: by });
    expect(issuedBy(held, spec)).toEqual(issuer);
    expect(isOfAnother(held, spec)).toBe(by?.connection === 'old');
  });

  it('tells what a person brought from what it issued itself', () => {
    const broughtFor = (by: IssuedBy | undefined): boolean => isBrought(generation(1, 'current', { issuedBy: by }));
    const { retire: _never, ...asked } = at('old');
    expect([broughtFor(undefined), broughtFor(asked), broughtFor(at('old'))]).toEqual([true, true, false]);
  });
});

it.each<[name: string, by: IssuedBy | undefined, isOther: boolean]>([
  ['nobody noted how', undefined, false],
  ['it was asked for as the token says', { ...at('new'), parameters: { client: 'now' } }, false],
  ['with the same scopes', { ...at('new'), parameters: { client: 'now' }, scopes: ['b', 'a', 'b'] }, false],
  ['with other scopes', { ...at('new'), parameters: { client: 'now' }, scopes: ['a'] }, true],
  ['with other parameters', at('new'), true],
  ['of another issuer', { ...at('old'), parameters: { client: 'now' } }, true],
])('whether a value is what the token declares, where %s', (_name, issuedBy, isOther) => {
  const wants = { ...spec, scopes: ['a', 'b'] };
  expect(isOfAnotherSpec(generation(1, 'pending', { issuedBy }), wants)).toBe(isOther);
});

describe('a record whose token names another issuer', () => {
  const issuer = { connection: 'old', driver: 'oauth2' };
  const old = recordOf({ issuer, continuation: 'of old', grant: 'grant of old' });

  it('continues with nothing there, and with what it had when it comes back', () => {
    const there = continueAt(old, 'new');
    expect(there).toMatchObject({ continuesAt: 'new', continuation: null, grant: null });
    const further = { ...there, continuation: 'of new', grant: 'grant of new' };
    const back = continueAt(further, 'old');
    expect(back).toMatchObject({ continuesAt: 'old', continuation: 'of old', grant: 'grant of old' });
    expect(continueAt(back, 'new')).toMatchObject({ continuation: 'of new', grant: 'grant of new' });
    expect(continueAt(continueAt(back, 'third'), 'old')).toMatchObject({ continuation: 'of old' });
  });

  it('goes on where a connection names the same grant: it was renamed', () => {
    const there = continueAt(old, 'new');
    expect(takeBack(there, 'new', 'another grant')).toBeNull();
    expect(takeBack(old, 'old', 'grant of old')).toBeNull();
    const renamed = takeBack(there, 'new', 'grant of old');
    expect(renamed).toMatchObject({ continuesAt: 'new', continuation: 'of old', grant: 'grant of old', setAside: [] });
    expect(continueAt(renamed!, 'old')).toMatchObject({ continuation: null });
  });

  it('still knows, when it comes back, a grant of which nothing is left', () => {
    const spent = recordOf({ issuer, continuation: null, grant: 'grant of old' });
    const back = continueAt(continueAt(spent, 'new'), 'old');
    expect(back).toMatchObject({ continuation: null, grant: 'grant of old' });
  });

  it('sets nothing aside where there is nothing', () => {
    const bare = recordOf({ issuer, continuation: null, grant: null });
    expect(continueAt(bare, 'new')).toMatchObject({ continuesAt: 'new', setAside: [] });
  });

  it.each([
    ['that it continues at', continueAt(old, 'new'), 'new'],
    ['that issued its newest value', old, 'old'],
    ['that is its first', emptyRecord('v1', key), 'new'],
  ])('stays as it is at the issuer %s', (_name, record, connection) => {
    expect(continueAt(record, connection)).toBe(record);
  });

  it('gives an answer that was lost elsewhere up, once its request is over', () => {
    const open = { ...old, intent: intentOf(4, { deadline: t0 }) };
    expect(moveTo(open, 'new', t0 - 1, 'ana')).toEqual(continueAt(open, 'new'));
    const given = moveTo(open, 'new', t0, 'ana');
    expect(given).toMatchObject({ intent: null, continuesAt: 'new', continuation: null });
    expect(given.ledger.at(-1)).toMatchObject({ event: 'abandoned', generation: 4, reason: 'IssuerChanged' });
    expect(moveTo(old, 'new', t0, 'ana')).toEqual(continueAt(old, 'new'));
    expect(moveTo(open, 'old', t0, 'ana')).toBe(open);
  });

  it('keeps what continues elsewhere apart from a value that a person brings', () => {
    const manual = { connection: 'manual', driver: 'manual' };
    const brought = withIssuer(old, manual);
    expect(brought).toMatchObject({ issuer: manual, continuesAt: 'old', continuation: 'of old' });
    expect(continueAt(brought, 'new')).toMatchObject({ continuation: null, grant: null });
    expect(withIssuer(emptyRecord('v1', key), manual)).toMatchObject({ issuer: manual, continuesAt: 'manual' });
  });
});
