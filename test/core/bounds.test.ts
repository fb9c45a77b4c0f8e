import { describe, expect, it } from 'vitest';
import { checkExpectations, checkScopes, checkTtl, scopesOf } from '../../src/core/bounds.js';
import type { Json, JsonObject } from '../../src/core/json.js';
import { hour, second, t0 } from './time.js';

describe('scopes as the provider writes them', () => {
  it.each<[name: string, value: Json | undefined, scopes: string[]]>([
    ['a string with spaces', 'read  write ', ['read', 'write']],
    ['a list', ['read', 'write'], ['read', 'write']],
    ['a list of strings with spaces', ['read write'], ['read', 'write']],
    ['what is no string is none', [1, null, 'read'], ['read']],
    ['nothing', undefined, []],
    ['null', null, []],
    ['an empty string', '', []],
  ])('%s', (_name, value, scopes) => {
    expect(scopesOf(value)).toEqual(scopes);
  });
});

describe('the ceiling of scopes', () => {
  it.each<[name: string, granted: string[] | null | undefined, ceiling: string[]]>([
    ['all that was wanted', ['read', 'write'], ['write', 'read']],
    ['less than was wanted', ['read'], ['read', 'write']],
    ['no ceiling', ['admin'], []],
    ['not said', undefined, ['read']],
    ['not stored', null, ['read']],
    ['none granted', [], ['read']],
  ])('lets pass: %s', (_name, granted, ceiling) => {
    expect(() => checkScopes(granted, ceiling)).not.toThrow();
  });

  it('refuses a wider one, and names it', () => {
    expect(() => checkScopes(['read', 'admin', 'root'], ['read'])).toThrow(
      expect.objectContaining({ code: 'ScopeExceeded', message: 'granted beyond scopes: admin root' }),
    );
  });
});

describe('what a refusal names of a provider’s scopes', () => {
  const token = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
  it.each<[name: string, granted: string[], named: string]>([
    ['words', ['admin:org', 'read_api', 'Files.ReadWrite.All'], 'admin:org read_api Files.ReadWrite.All'],
    ['an address of letters', ['https://idp.test/auth/drive.file'], 'https://idp.test/auth/drive.file'],
    ['five at most', ['a', 'b', 'c', 'd', 'e', 'f', 'g'], 'a b c d e and 2 more'],
    ['nothing that may be a token', [token], '1 that are not named here'],
    ['nothing that may be a signed token', ['eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJh.c2ln'], '1 that are not named here'],
    ['nothing that is random letters', ['qXvBTRnLZKpWmDHsGJ'], '1 that are not named here'],
    ['nothing that is long', ['a'.repeat(49)], '1 that are not named here'],
    ['nothing with control characters', ['admin\u001b[31m'], '1 that are not named here'],
    ['the words beside what may be a token', ['admin', token], 'admin and 1 more'],
  ])('%s', (_name, granted, named) => {
    expect(() => checkScopes(granted, ['read'])).toThrow(
      expect.objectContaining({ code: 'ScopeExceeded', message: `granted beyond scopes: ${named}` }),
    );
  });
});

describe('the ceiling of a life', () => {
  it.each<[name: string, expiresAt: number | null, maxTtlMs: number | null]>([
    ['no ceiling', t0 + 100 * hour, null],
    ['no ceiling and no end', null, null],
    ['as long as allowed', t0 + hour, hour],
    ['longer by what a Date header blurs', t0 + hour + 5 * second, hour],
  ])('lets pass: %s', (_name, expiresAt, maxTtlMs) => {
    expect(() => checkTtl(t0, expiresAt, maxTtlMs)).not.toThrow();
  });

  it.each<[name: string, expiresAt: number | null, message: string]>([
    ['longer', t0 + hour + 5_001, 'lives 3605 s, maxTtl allows 3600 s'],
    ['without an end', null, 'lives without end, maxTtl allows 3600 s'],
  ])('refuses: %s', (_name, expiresAt, message) => {
    expect(() => checkTtl(t0, expiresAt, hour)).toThrow(expect.objectContaining({ code: 'TtlExceeded', message }));
  });
});

describe('the proof of environment', () => {
  const claims: JsonObject = {
    aud: ['https://a.test', 'https://b.test'],
    iss: 'https://issuer.test',
    scope: 'read write',
    level: 3,
    nothing: null,
    tenant: { id: 't1', tags: ['x'] },
    none: [],
  };

  it.each<[name: string, expect: JsonObject]>([
    ['nothing is expected', {}],
    ['one audience of a list', { aud: 'https://b.test' }],
    ['several audiences of a list', { aud: ['https://b.test', 'https://a.test'] }],
    ['the issuer', { iss: 'https://issuer.test' }],
    ['a list of one for a claim that is no list', { iss: ['https://issuer.test'] }],
    ['some scopes, in any order', { scope: 'write' }],
    ['scopes as a list', { scope: ['write', 'read'] }],
    ['a number', { level: 3 }],
    ['null where it is null', { nothing: null }],
    ['an empty list where it is one', { none: [] }],
    ['an object, in any order', { tenant: { tags: ['x'], id: 't1' } }],
    ['several claims', { iss: 'https://issuer.test', level: 3 }],
  ])('holds: %s', (_name, wanted) => {
    expect(() => checkExpectations(claims, wanted)).not.toThrow();
  });

  it.each<[name: string, expect: JsonObject, message: string]>([
    ['another audience', { aud: 'https://c.test' }, 'expect: aud differs'],
    ['one audience too many', { aud: ['https://a.test', 'https://c.test'] }, 'expect: aud differs'],
    ['another issuer', { iss: 'https://other.test' }, 'expect: iss differs'],
    ['two values for a claim that is one', { iss: ['https://issuer.test', 'x'] }, 'expect: iss differs'],
    ['a scope that is not there', { scope: 'admin' }, 'expect: scope differs'],
    ['a part of a scope', { scope: 'rea' }, 'expect: scope differs'],
    ['a number as text', { level: '3' }, 'expect: level differs'],
    ['an object that is wider', { tenant: { id: 't1' } }, 'expect: tenant differs'],
    ['null proves nothing', { aud: null, iss: null }, 'expect: aud differs, iss differs'],
    ['an empty list proves nothing', { aud: [], scope: [] }, 'expect: aud differs, scope differs'],
    ['a claim that is not told', { sub: 'me' }, 'expect: sub is not told'],
    ['a name that every object has', { constructor: 'x' }, 'expect: constructor is not told'],
  ])('fails: %s', (_name, wanted, message) => {
    expect(() => checkExpectations(claims, wanted)).toThrow(
      expect.objectContaining({ code: 'WrongEnvironment', message }),
    );
  });

  it('names claims, never what came', () => {
    expect(() => checkExpectations({ iss: 'planted-value' }, { iss: 'x' })).toThrow(/^((?!planted).)*$/);
  });
});
