import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Secret } from '../../src/core/secret.js';
import { issuerDrivers } from '../../src/issuers/registry.js';
import { oauth2Connection, oauth2Parameters } from '../../src/issuers/oauth2-settings.js';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { openIssuer } from '../support/issuer-requests.js';

const good = { url: 'https://id.example.com', clientId: 'tokenkeeper', clientSecret: 'settings-secret-31' };

describe('settings of an oauth2 connection', () => {
  it.each<[string, Record<string, unknown>]>([
    ['an issuer', good],
    ['http on loopback', { ...good, url: 'http://127.0.0.1:9400' }],
    [
      'http on localhost and on ::1',
      { ...good, url: 'http://localhost:9400', tokenEndpoint: 'http://[::1]:9400/token' },
    ],
    ['http elsewhere where it is allowed', { ...good, url: 'http://id.internal', allowInsecure: true }],
    ['a token endpoint without an issuer', { ...good, url: undefined, tokenEndpoint: 'https://id.example.com/token' }],
    ['a public client', { ...good, clientSecret: undefined, authMethod: 'none' }],
    ['refresh tokens that are not rotated', { ...good, refreshTokenReuse: 'always' }],
    ['a leeway', { ...good, refreshTokenReuse: '30s' }],
    ['no introspection', { ...good, introspectionEndpoint: 'none' }],
    ['the date on which its credential ends', { ...good, credentialExpiresAt: '2027-03-01' }],
  ])('may be %s', (_what, settings) => {
    expect(oauth2Connection.safeParse(settings).error).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['neither issuer nor token endpoint', { ...good, url: undefined }, 'url', 'url or tokenEndpoint is needed'],
    ['no client secret', { ...good, clientSecret: undefined }, 'clientSecret', 'authMethod: none'],
    ['an empty client secret', { ...good, clientSecret: '' }, 'clientSecret', 'Too small'],
    ['http elsewhere', { ...good, url: 'http://id.example.com' }, 'url', 'loopback only'],
    ['http to a name that looks like loopback', { ...good, url: 'http://127.0.0.1.evil.test' }, 'url', 'loopback only'],
    [
      'http to a revocation endpoint',
      { ...good, revocationEndpoint: 'http://x.test/r' },
      'revocationEndpoint',
      'loopback only',
    ],
    ['an address that is no URL', { ...good, url: 'id.example.com' }, 'url', 'must be an http or https URL'],
    ['an endpoint that is no URL', { ...good, revocationEndpoint: 'never' }, 'revocationEndpoint', 'or none'],
    [
      'the address of its metadata',
      { ...good, url: 'https://id.example.com/.well-known/openid-configuration' },
      'url',
      'must be the issuer itself',
    ],
    ['a file', { ...good, url: 'file:///etc/passwd' }, 'url', 'must be an http or https URL'],
    ['a credential in an address', { ...good, url: 'https://a:b@id.example.com' }, 'url', 'must not hold a credential'],
    ['an unknown word', { ...good, clientsecret: 'x' }, '', 'clientsecret'],
    ['a leeway of no unit', { ...good, refreshTokenReuse: '30' }, 'refreshTokenReuse', 'never, always, or a span'],
    ['a date that is none', { ...good, credentialExpiresAt: 'March' }, 'credentialExpiresAt', 'Invalid'],
  ])('cannot be %s', (_what, settings, path, message) => {
    const { error } = oauth2Connection.safeParse(settings);
    const [issue] = error?.issues ?? [];
    expect(issue?.path.join('.')).toBe(path);
    expect(issue?.message).toContain(message);
    expect(JSON.stringify(error?.issues)).not.toContain('settings-secret-31');
  });

  it('holds its secrets so that they do not print', () => {
    const settings = oauth2Connection.parse({ ...good, grants: { crm: 'settings-grant-32' } });
    expect(JSON.stringify(settings)).not.toMatch(/settings-(secret|grant)/);
    expect(settings.grants['crm']).toBeInstanceOf(Secret);
  });
});

describe('what may follow a lost answer to a refresh', () => {
  it.each([
    ['never', { reissue: 'D', replayWindowMs: 0 }],
    ['always', { reissue: 'A', replayWindowMs: 0 }],
    ['8s', { reissue: 'C', replayWindowMs: 6_000 }],
    ['2m', { reissue: 'C', replayWindowMs: 115_000 }],
    ['24h', { reissue: 'C', replayWindowMs: 86_395_000 }],
  ])('where a refresh token that was redeemed works %s', async (refreshTokenReuse, expected) => {
    const issuer = await openIssuer(oauth2, { ...good, refreshTokenReuse });
    expect(issuer.capabilities({ grant: 'refresh_token' })).toMatchObject(expected);
    expect(issuer.capabilities({ grant: 'client_credentials' })).toMatchObject({ reissue: 'A', replayWindowMs: 0 });
  });

  it('is a person by default: each works once', async () => {
    const issuer = await openIssuer(oauth2, good);
    expect(issuer.capabilities({ grant: 'refresh_token' })).toMatchObject({ reissue: 'D' });
  });
});

it.each([
  [undefined, true],
  [false, true],
  [true, false],
])('where refreshEndsOld is %s, an old value of a refresh lives on: %s', async (refreshEndsOld, overlap) => {
  const issuer = await openIssuer(oauth2, { ...good, refreshEndsOld });
  expect(issuer.capabilities({ grant: 'refresh_token' })).toMatchObject({ overlap });
  expect(issuer.capabilities({ grant: 'client_credentials' })).toMatchObject({ overlap: true });
});

describe('parameters of an oauth2 token', () => {
  it.each<[string, unknown, boolean]>([
    ['client_credentials', { grant: 'client_credentials' }, true],
    ['a refresh with its first grant', { grant: 'refresh_token', initialGrant: 'crm' }, true],
    ['a refresh without one', { grant: 'refresh_token' }, true],
    ['a resource', { grant: 'client_credentials', resource: 'https://crm.test' }, true],
    ['a first grant of client_credentials', { grant: 'client_credentials', initialGrant: 'crm' }, false],
    ['a resource that is no URI', { grant: 'client_credentials', resource: 'crm' }, false],
    ['another grant', { grant: 'password' }, false],
    ['a host', { grant: 'client_credentials', tokenEndpoint: 'https://evil.test' }, false],
  ])('%s', (_what, parameters, fits) => {
    expect(oauth2Parameters.safeParse(parameters).success).toBe(fits);
  });

  it('name a first grant of the connection and nothing else', () => {
    const connection = oauth2Connection.parse({ ...good, grants: { crm: 'settings-grant-32' } });
    const grantOf = (parameters: unknown) => oauth2.firstGrant?.(connection, oauth2Parameters.parse(parameters));
    expect(grantOf({ grant: 'refresh_token', initialGrant: 'crm' })?.reveal()).toBe('settings-grant-32');
    expect(grantOf({ grant: 'refresh_token' })).toBeNull();
    for (const initialGrant of ['other', 'constructor', '__proto__']) {
      expect(() => grantOf({ grant: 'refresh_token', initialGrant })).toThrow(
        expect.objectContaining({ code: 'PolicyDenied' }),
      );
    }
  });
});

describe('capabilities of oauth2', () => {
  it.each([
    [good, 'client_credentials', { reissue: 'A', retire: 'revoke' }],
    [good, 'refresh_token', { reissue: 'D', retire: 'expire' }],
    [
      { ...good, revocationEndpoint: 'none' },
      'client_credentials',
      { reissue: 'A', retire: 'expire', revocable: false },
    ],
    [{ ...good, revocationEndpoint: 'none' }, 'refresh_token', { reissue: 'D', retire: 'expire', revocable: false }],
    [
      { ...good, url: undefined, tokenEndpoint: 'https://id.example.com/token' },
      'client_credentials',
      { reissue: 'A', retire: 'expire', revocable: false },
    ],
  ])('%o with %s: %o', async (connection, grant, expected) => {
    const deps = { fetch, now: Date.now, baseDir: '/', env: {}, log: { info() {}, warn() {}, error() {} } };
    const issuer = await oauth2.open(oauth2.connection.parse(connection), deps);
    expect(issuer.capabilities({ grant })).toEqual({ mintable: true, replayWindowMs: 0, overlap: true, ...expected });
  });

  it('a dead token is 401 and nothing else', () => {
    const dead = (status: number) => oauth2.isAuthenticationFailure({ status, headers: {} });
    expect([200, 400, 401, 403, 404, 500].filter(dead)).toEqual([401]);
  });
});

describe('the registry of issuers', () => {
  it('names each driver as the driver names itself', () => {
    expect(Object.entries(issuerDrivers).map(([name, driver]) => [name, driver.name])).toEqual(
      Object.keys(issuerDrivers).map((name) => [name, name]),
    );
  });

  it('has schemas that an editor can use', () => {
    for (const driver of Object.values(issuerDrivers)) {
      for (const schema of [driver.connection, driver.parameters]) {
        expect(z.toJSONSchema(schema, { io: 'input' })).toMatchObject({ type: 'object', additionalProperties: false });
      }
    }
  });
});
