import { gzipSync } from 'node:zlib';
import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.js';
import { answerMaxBytes } from '../../src/issuers/read-whole.js';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { failureOf, heldRequest, issueRequest, openIssuer } from '../support/issuer-requests.js';
import { startScriptedProvider, type ScriptedProvider } from '../support/provider-scripted.js';

const clientSecret = 'scripted:client secret/55';
const base = { access_token: 'access-1', token_type: 'bearer' };

let provider: ScriptedProvider;
beforeEach(async () => {
  provider = await startScriptedProvider();
  return () => provider.close();
});

function settings(overrides: Record<string, unknown> = {}) {
  return { tokenEndpoint: `${provider.url}/token`, clientId: 'tokenkeeper', clientSecret, ...overrides };
}

interface Overrides {
  readonly grant?: 'client_credentials' | 'refresh_token';
  readonly scopes?: readonly string[];
  readonly status?: number;
  readonly reason?: string;
  readonly headers?: Record<string, string>;
  readonly now?: () => number;
}

async function issue(body: unknown, overrides: Overrides = {}) {
  const { now = Date.now, scopes = [], grant = 'refresh_token', ...answer } = overrides;
  provider.answer('/token', { body, ...answer });
  const issuer = await openIssuer(oauth2, settings(), { now });
  const continuation = grant === 'refresh_token' ? new Secret('refresh-1') : null;
  return issuer.issue(issueRequest({ parameters: { grant }, continuation, scopes }));
}

describe('the life of a token, as the answer tells it', () => {
  it.each<[string, unknown, number | undefined]>([
    ['a number', 3600, 3600],
    ['digits in a string', '3600', 3600],
    ['a fraction in a string', ' 59.5 ', 59.5],
    ['zero', 0, 0],
    ['zero in a string', '0', 0],
    ['a time already past', -5, -5],
    ['a time already past in a string', '-5', -5],
    ['absent', undefined, undefined],
    ['null', null, undefined],
    ['a word', 'soon', undefined],
    ['an empty string', '', undefined],
    ['an object', {}, undefined],
  ])('expires_in is %s', async (_what, expires_in, expiresInS) => {
    const issued = await issue({ ...base, expires_in });
    expect(issued.expiresInS).toBe(expiresInS);
    expect(issued.expiresAt).toBeUndefined();
  });

  it.each<[string, object, number | undefined]>([
    ['its exp, where the answer says none', { exp: 1_800_000_000 }, 1_800_000_000_000],
    ['nothing, where it says none either', { sub: 'a' }, undefined],
    ['nothing, where exp is no number', { exp: '1800000000' }, undefined],
  ])('is of a JWT %s', async (_what, claims, expiresAt) => {
    const jwt = await new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32));
    const silent = { ...base, access_token: jwt };
    expect(await issue(silent)).toMatchObject({ expiresInS: undefined, expiresAt });
    expect(await issue({ ...silent, expires_in: 60 })).toMatchObject({ expiresInS: 60, expiresAt: undefined });
  });

  it.each<[string, expiresIn: number, endsInS: number, isByJwt: boolean]>([
    ['what a cache repeats with the life of a new one', 3600, 600, true],
    ['an expires_in in ms', 3_600_000, 3600, true],
    ['an expires_in that is an instant', 1_800_000_000, 600, true],
    ['an exp that a second of the request separates', 3600, 3598, false],
    ['an exp that is later', 3600, 7200, false],
    ['an exp that is past, as of a clock that is wrong', 3600, -60, false],
  ])('is that of a JWT where it ends sooner: %s', async (_what, expires_in, endsInS, isByJwt) => {
    // By the provider's clock, which is not ours.
    const date = Date.parse('2026-11-24T09:00:00Z');
    const exp = date / 1000 + endsInS;
    const jwt = await new SignJWT({ exp }).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32));
    const answer = { ...base, access_token: jwt, expires_in };
    const issued = await issue(answer, { headers: { date: new Date(date).toUTCString() } });
    expect(issued).toMatchObject(
      isByJwt ? { expiresInS: undefined, expiresAt: exp * 1000 } : { expiresInS: expires_in, expiresAt: undefined },
    );
  });

  it.each<[string, object, number | undefined]>([
    ['Keycloak', { refresh_expires_in: 1800 }, 1800],
    ['Keycloak, of an offline session without an end', { refresh_expires_in: 0 }, undefined],
    ['GitHub', { refresh_token_expires_in: 15_811_200 }, 15_811_200],
    ['digits in a string', { refresh_token_expires_in: '3600' }, 3600],
    ['a word', { refresh_token_expires_in: 'soon' }, undefined],
    ['a span that is over', { refresh_token_expires_in: -1 }, undefined],
    ['silence', {}, undefined],
  ])('is apart from how long its refresh token is good: %s', async (_who, body, renewableForS) => {
    const answer = { ...base, expires_in: 3600, ...body };
    const issued = await issue(answer);
    expect(issued).toMatchObject({ expiresInS: 3600 });
    expect(issued.renewableForS).toBe(renewableForS);
    expect((await issue(answer, { grant: 'client_credentials' })).renewableForS).toBeUndefined();
  });

  it('starts when the request starts, and the Date header tells the provider’s clock', async () => {
    let reads = 0;
    const now = () => 1_000_000 + 1000 * reads++;
    const issued = await issue(base, { now, headers: { date: 'Tue, 24 Nov 2026 09:00:00 GMT' } });
    expect(issued.requestedAt).toBe(1_000_000);
    expect(issued.providerDate).toBe(Date.parse('2026-11-24T09:00:00Z'));
  });
});

describe('what else an answer may hold', () => {
  it.each<[string, Record<string, unknown>, { continuation?: string; scopes?: string[] }]>([
    ['a new refresh token', { refresh_token: 'refresh-2' }, { continuation: 'refresh-2' }],
    ['no refresh token: the old one stays', {}, {}],
    ['a refresh token that is null: the old one stays', { refresh_token: null }, {}],
    ['an empty refresh token: the old one stays', { refresh_token: '' }, {}],
    ['scopes', { scope: 'a:read  b:read' }, { scopes: ['a:read', 'b:read'] }],
    ['scopes in a list', { scope: ['a:read', 'b:read'] }, { scopes: ['a:read', 'b:read'] }],
    [
      'scopes with commas, as of Slack and GitHub',
      { scope: 'a:read,b:read, c:read' },
      { scopes: ['a:read', 'b:read', 'c:read'] },
    ],
    ['a scope with a comma, as it was wanted', { scope: 'a:x,y b:read' }, { scopes: ['a:x,y', 'b:read'] }],
    ['scopes that are neither', { scope: { 'a:read': true } }, {}],
    ['no scope', { scope: '' }, { scopes: [] }],
    ['scopes that are not said', { scope: undefined }, {}],
    ['an id_token that nobody could validate', { id_token: 'x' }, {}],
    ['a token_type of its own', { token_type: 'bot' }, {}],
    ['no token_type', { token_type: undefined }, {}],
    ['an error that is empty', { error: '' }, {}],
    ['a status that is no error', { status: 'success' }, {}],
  ])('%s', async (_what, body, { continuation, scopes }) => {
    const issued = await issue({ ...base, ...body }, { scopes: ['a:read', 'a:x,y'] });
    expect(issued.value.reveal()).toBe('access-1');
    expect(issued.continuation?.reveal()).toBe(continuation);
    expect(issued.scopes).toEqual(scopes);
  });
});

it('a refresh token beside a value of client_credentials is not kept: it is not the first grant’s', async () => {
  const answer = { ...base, refresh_token: 'refresh-of-the-client' };
  expect((await issue(answer, { grant: 'client_credentials' })).continuation).toBeUndefined();
});

describe('a grant that is refused', () => {
  it.each(['invalid_grant', 'interaction_required'])(
    'is the client where its credentials are the grant: nobody could consent anew (%s)',
    async (error) => {
      const refused = { status: 400 };
      expect(await failureOf(issue({ error }, { ...refused, grant: 'client_credentials' }))).toMatchObject({
        code: 'InvalidClient',
        message: expect.stringMatching(new RegExp(`answered 400 ${error}$`)),
        do: 'correct the client credentials of the issuer connection',
      });
      expect(await failureOf(issue({ error }, refused))).toMatchObject({ code: 'InvalidGrant' });
    },
  );
});

describe('the first line of an answer', () => {
  it('may say its status in words of any letters: the new refresh token is kept', async () => {
    const issued = await issue({ ...base, refresh_token: 'refresh-2' }, { reason: 'Erfüllt' });
    expect(issued.continuation?.reveal()).toBe('refresh-2');
    expect(await failureOf(issue({ error: 'invalid_grant' }, { status: 400, reason: 'Ungültig' }))).toMatchObject({
      code: 'InvalidGrant',
    });
  });

  it('may have a status beyond those of HTTP, which is one of a server that fails', async () => {
    expect(await failureOf(issue({}, { status: 999, reason: 'Request denied' }))).toMatchObject({
      code: 'ProviderUnavailable',
      message: expect.stringMatching(/^token endpoint of 127\.0\.0\.1:\d+ answered 999$/),
    });
  });
});

describe('an answer that has no end', () => {
  it.each<[string, (text: string) => Buffer, Record<string, string>]>([
    ['as it is', (text) => Buffer.from(text), {}],
    ['packed small', (text) => gzipSync(text), { 'content-encoding': 'gzip' }],
  ])('is not read to it, %s', async (_what, pack, headers) => {
    const issuing = issue(pack(JSON.stringify({ ...base, access_token: 'a'.repeat(answerMaxBytes) })), { headers });
    expect(await failureOf(issuing)).toMatchObject({
      code: 'UnexpectedAnswer',
      message: expect.stringMatching(/^token endpoint of 127\.0\.0\.1:\d+ answered more than 1048576 bytes$/),
    });
  });
});

describe('what is sent', () => {
  it.each([
    ['client_secret_basic', `Basic ${btoa('tokenkeeper:scripted%3Aclient%20secret%2F55')}`, {}],
    ['client_secret_post', undefined, { client_id: 'tokenkeeper', client_secret: clientSecret }],
    ['none', undefined, { client_id: 'tokenkeeper' }],
  ])('%s', async (authMethod, authorization, fields) => {
    provider.answer('/token', { body: base });
    const issuer = await openIssuer(oauth2, settings({ authMethod }));
    const parameters = { grant: 'client_credentials', resource: 'https://crm.test', audience: 'crm' };
    await issuer.issue(issueRequest({ parameters, scopes: ['a:read', 'b:read'] }));
    expect(provider.requests).toHaveLength(1);
    expect(provider.requests[0]?.headers['authorization']).toBe(authorization);
    expect(provider.requests[0]?.fields).toEqual({
      grant_type: 'client_credentials',
      scope: 'a:read b:read',
      resource: 'https://crm.test',
      audience: 'crm',
      ...fields,
    });
  });

  it.each<[string, (text: string) => string]>([
    ['forms are', (text) => new URLSearchParams(`secret=${text}`).get('secret') ?? ''],
    ['addresses are, as Authlib does', decodeURIComponent],
  ])('credentials of any characters come through where they are decoded as %s', async (_how, decode) => {
    provider.answer('/token', { body: base });
    const [clientId, secret] = ['keeper:a+b %ü', 's:e+c%r e/t=ü&"\''];
    const issuer = await openIssuer(oauth2, settings({ clientId, clientSecret: secret }));
    await issuer.issue(issueRequest({ parameters: { grant: 'client_credentials' } }));
    const sent = String(provider.requests[0]?.headers['authorization']).replace('Basic ', '');
    expect(atob(sent).split(':').map(decode)).toEqual([clientId, secret]);
  });

  it('credentials that need no encoding go as they are: not every provider decodes them', async () => {
    provider.answer('/token', { body: base });
    const [clientId, secret] = ['0oa-7f_2.apps~1', "k8Q~a-b_c.d!e*f'g(h)"];
    const issuer = await openIssuer(oauth2, settings({ clientId, clientSecret: secret }));
    await issuer.issue(issueRequest({ parameters: { grant: 'client_credentials' } }));
    expect(provider.requests[0]?.headers['authorization']).toBe(`Basic ${btoa(`${clientId}:${secret}`)}`);
  });

  it('what a token is for goes along with its refresh token', async () => {
    provider.answer('/token', { body: base });
    const issuer = await openIssuer(oauth2, settings());
    const parameters = { grant: 'refresh_token', resource: 'https://crm.test', audience: 'crm' };
    const continuation = new Secret('refresh-1');
    await issuer.issue(issueRequest({ parameters, scopes: ['a:read', 'b:read'], continuation }));
    expect(provider.requests.map(({ fields }) => fields)).toEqual([
      {
        grant_type: 'refresh_token',
        refresh_token: 'refresh-1',
        scope: 'a:read b:read',
        resource: 'https://crm.test',
        audience: 'crm',
      },
    ]);
  });

  it('the provider’s clock, by the Date header of its introspection', async () => {
    provider.answer('/introspect', { body: { active: true }, headers: { date: 'Tue, 24 Nov 2026 09:00:00 GMT' } });
    const issuer = await openIssuer(oauth2, settings({ introspectionEndpoint: `${provider.url}/introspect` }));
    const held = heldRequest('value', { parameters: { grant: 'client_credentials' } });
    expect(await issuer.verify(held)).toMatchObject({ providerDate: Date.parse('2026-11-24T09:00:00Z') });
  });

  it('no introspection that is nested deeper than it can be handled', async () => {
    provider.answer('/introspect', { body: `{"active":true,"x":${'['.repeat(400_000)}${']'.repeat(400_000)}}` });
    const issuer = await openIssuer(oauth2, settings({ introspectionEndpoint: `${provider.url}/introspect` }));
    const held = heldRequest('value', { parameters: { grant: 'client_credentials' } });
    expect(await failureOf(issuer.verify(held))).toMatchObject({
      code: 'UnexpectedAnswer',
      message: expect.stringMatching(
        /^introspection endpoint of .* answered with JSON that is nested too deep$/,
      ) as string,
    });
  });

  it('which kind of token an introspection is of', async () => {
    provider.answer('/introspect', { body: { active: true } });
    const issuer = await openIssuer(oauth2, settings({ introspectionEndpoint: `${provider.url}/introspect` }));
    const parameters = { grant: 'refresh_token' };
    await issuer.verify(heldRequest('access-1', { parameters }));
    await issuer.probe({ ...issueRequest({ parameters, continuation: new Secret('refresh-1') }), startedAt: 0 });
    expect(provider.requests.map(({ fields: { token, token_type_hint } }) => [token, token_type_hint])).toEqual([
      ['access-1', 'access_token'],
      ['refresh-1', 'refresh_token'],
    ]);
  });

  it('nothing about a refresh token that lives on after it was redeemed', async () => {
    const introspectionEndpoint = `${provider.url}/introspect`;
    const issuer = await openIssuer(oauth2, settings({ introspectionEndpoint, refreshTokenReuse: 'always' }));
    const request = issueRequest({ parameters: { grant: 'refresh_token' }, continuation: new Secret('refresh-1') });
    expect(await issuer.probe({ ...request, startedAt: 0 })).toBe('unknown');
    expect(provider.requests).toEqual([]);
  });

  it('a retry resends the same refresh token', async () => {
    await issue(base);
    await issue(base);
    expect(provider.requests.map(({ fields }) => fields)).toEqual([
      { grant_type: 'refresh_token', refresh_token: 'refresh-1' },
      { grant_type: 'refresh_token', refresh_token: 'refresh-1' },
    ]);
  });

  it('nothing where there is neither a refresh token nor a first grant', async () => {
    const issuer = await openIssuer(oauth2, settings());
    const failure = await failureOf(issuer.issue(issueRequest({ parameters: { grant: 'refresh_token' } })));
    expect(failure).toMatchObject({ code: 'InvalidRequest', do: expect.stringContaining('initialGrant') });
    expect(provider.requests).toHaveLength(0);
  });

  it('nothing in plain http to another host, wherever its address came from', async () => {
    const foreign = 'http://provider.test/token';
    const endpoints = { token_endpoint: foreign, introspection_endpoint: foreign };
    provider.answer('/.well-known/openid-configuration', { body: { issuer: provider.url, ...endpoints } });
    const asked: string[] = [];
    const spy: typeof fetch = (input, init) => {
      asked.push(new Request(input).url);
      return fetch(input, init);
    };
    const issuer = await openIssuer(oauth2, settings({ url: provider.url, tokenEndpoint: undefined }), { fetch: spy });
    const refused = {
      code: 'PolicyDenied',
      message: expect.stringContaining('plain http'),
      nothingIssued: true,
      // Also of the endpoint that a connection can do without: the address is wrong, not a permission.
      do: expect.stringMatching(/^use https/),
    };
    const parameters = { grant: 'client_credentials' };
    expect(await failureOf(issuer.issue(issueRequest({ parameters })))).toMatchObject(refused);
    expect(await failureOf(issuer.verify(heldRequest('value-1', { parameters })))).toMatchObject(refused);
    expect(asked).not.toContain(foreign);
  });
});
