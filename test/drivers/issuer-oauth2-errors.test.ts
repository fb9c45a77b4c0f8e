import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { Secret } from '../../src/core/secret.js';
import { oauth2Errors } from '../../src/issuers/oauth2-errors.js';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { failureOf, heldRequest, issueRequest, openIssuer } from '../support/issuer-requests.js';
import { startScriptedProvider, type ScriptedAnswer, type ScriptedProvider } from '../support/provider-scripted.js';

const clientSecret = 'scripted-client-secret-55';
const refreshToken = 'scripted-refresh-token-77';
const leak = 'leaked-access-token-99';
const parameters = { grant: 'refresh_token' };

let provider: ScriptedProvider;
beforeAll(async () => void (provider = await startScriptedProvider()));
afterAll(() => provider.close());

function settings(overrides: Record<string, unknown> = {}) {
  return {
    tokenEndpoint: `${provider.url}/token`,
    introspectionEndpoint: `${provider.url}/introspect`,
    revocationEndpoint: `${provider.url}/revoke`,
    clientId: 'tokenkeeper',
    clientSecret,
    ...overrides,
  };
}

const request = (signal?: AbortSignal) =>
  issueRequest({ parameters, continuation: new Secret(refreshToken), ...(signal === undefined ? {} : { signal }) });

async function failWith(answer: ScriptedAnswer, now: () => number = Date.now): Promise<TokenError> {
  provider.answer('/token', answer);
  const issuer = await openIssuer(oauth2, settings(), { now });
  const failure = await failureOf(issuer.issue(request()));
  expect(failure).toBeInstanceOf(TokenError);
  return failure as TokenError;
}

/** status, error, error_description, what the lifecycle learns. */
type Row = readonly [status: number, error: string | null, description: string, code: string, retryAfter?: string];
const table: readonly Row[] = [
  [400, 'invalid_grant', '', 'InvalidGrant'],
  [401, 'invalid_grant', '', 'InvalidGrant'],
  [403, 'invalid_grant', 'a provider that says 403', 'InvalidGrant'],
  [400, 'invalid_grant', 'token request is already being processed', 'ProviderUnavailable'],
  [400, 'invalid_grant', 'AADSTS50196: The server terminated an operation', 'RateLimited'],
  [200, 'bad_refresh_token', 'an error in a 200', 'InvalidGrant'],
  [200, 'invalid_refresh_token', 'an error in a 200', 'InvalidGrant'],
  [400, 'BAD_REFRESH_TOKEN', '', 'InvalidGrant'],
  [403, 'unauthorized_client', 'refresh_token is invalid', 'InvalidGrant'],
  [200, 'invalid_code', 'of a request without a code', 'InvalidGrant'],
  [400, 'login_required', '', 'InvalidGrant'],
  [400, 'consent_required', '', 'InvalidGrant'],
  [400, 'interaction_required', 'a second factor is wanted', 'InvalidGrant'],
  [401, 'invalid_client', '', 'InvalidClient'],
  [400, 'invalid_client', '', 'InvalidClient'],
  [400, 'unauthorized_client', '', 'InvalidClient'],
  [200, 'incorrect_client_credentials', '', 'InvalidClient'],
  [200, 'invalid_client_id', 'an error in a 200', 'InvalidClient'],
  [200, 'bad_client_secret', 'an error in a 200', 'InvalidClient'],
  [401, 'access_denied', 'Unauthorized', 'InvalidClient'],
  [400, 'invalid_scope', '', 'InvalidScope'],
  [400, 'unsupported_grant_type', '', 'InvalidRequest'],
  [400, 'invalid_target', '', 'InvalidRequest'],
  [400, 'invalid_request', 'a parameter is missing', 'InvalidRequest'],
  [400, 'invalid_request', 'The request was concurrent. Please retry.', 'ProviderUnavailable'],
  [400, 'invalid_request', 'multiple concurrent requests using the same token', 'ProviderUnavailable'],
  [400, 'invalid_request', 'Refresh token is invalid or has already been claimed by another client.', 'InvalidGrant'],
  [400, 'invalid_request', 'Refresh token expired.', 'InvalidGrant'],
  [400, 'unsupported_token_type', '', 'ProviderRefused'],
  [400, 'access_denied', '', 'ProviderRefused'],
  [400, 'access_denied', 'You have made too many requests continuously.', 'RateLimited'],
  [400, 'temporarily_unavailable', '', 'ProviderUnavailable'],
  [200, 'server_error', '', 'ProviderUnavailable'],
  [200, 'internal_error', '', 'ProviderUnavailable'],
  [400, 'slow_down', '', 'RateLimited'],
  [200, 'ratelimited', '', 'RateLimited'],
  [429, null, '', 'RateLimited'],
  [429, 'invalid_grant', 'the status is what passes', 'RateLimited'],
  [408, null, '', 'ProviderUnavailable'],
  [500, null, '', 'ProviderUnavailable'],
  [500, 'invalid_grant', 'a provider in trouble is not believed', 'ProviderUnavailable'],
  [502, null, '', 'ProviderUnavailable'],
  [503, 'temporarily_unavailable', '', 'ProviderUnavailable'],
  [503, null, 'busy, and it says until when', 'ProviderUnavailable', '7'],
  [599, null, '', 'ProviderUnavailable'],
  [400, null, '', 'InvalidRequest'],
  [400, 'some_word_of_its_own', '', 'InvalidRequest'],
  [401, null, '', 'InvalidClient'],
  [403, null, '', 'ProviderRefused'],
  [422, null, '', 'InvalidRequest'],
  [404, null, '', 'UnexpectedAnswer'],
  [405, null, '', 'UnexpectedAnswer'],
  [410, null, '', 'UnexpectedAnswer'],
  [302, null, '', 'UnexpectedAnswer'],
  [200, 'some_word_of_its_own', '', 'UnexpectedAnswer'],
];

/** Each with five members. */
const cells = table.map(
  ([status, error, words, code, retryAfter]) => [status, error, words, code, retryAfter] as const,
);

describe('the error table of oauth2', () => {
  it.each(cells)('%i %s (%s) becomes %s', async (status, error, description, code, retryAfter) => {
    const body = { ...(error === null ? {} : { error }), error_description: `${description} ${leak}` };
    const told = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
    const headers = { 'x-leak': leak, 'www-authenticate': `Bearer ${leak}`, ...told };
    const failure = await failWith({ status, body, headers });
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(`token endpoint of ${new URL(provider.url).host} answered ${status}`);
    const text = inspect(failure, { showHidden: true, depth: 9 });
    for (const secret of [leak, clientSecret, refreshToken]) expect(text).not.toContain(secret);
  });

  it('has no row that no test above reaches', () => {
    const reached = (row: (typeof oauth2Errors)[number]) =>
      table.some(([status, error, description, code, retryAfter]) => {
        const [first, last] = typeof row.status === 'object' ? row.status : [row.status ?? 0, row.status ?? 999];
        const fits = status >= first && status <= last && (row.error ?? error) === error && row.code === code;
        const isTold = row.retryAfter === undefined || retryAfter !== undefined;
        return fits && isTold && (row.description?.test(description) ?? true);
      });
    expect(oauth2Errors.filter((row) => !reached(row))).toEqual([]);
  });

  it('is read by status where a refusal has no error', async () => {
    const body = { status: 'BAD_REFRESH_TOKEN', message: `missing or invalid refresh token ${leak}` };
    expect(await failWith({ status: 400, body })).toMatchObject({
      code: 'InvalidGrant',
      message: `token endpoint of ${new URL(provider.url).host} answered 400 BAD_REFRESH_TOKEN`,
    });
    expect(await failWith({ status: 400, body: { ...body, error: 'invalid_scope' } })).toMatchObject({
      code: 'InvalidScope',
    });
    expect(await failWith({ status: 404, body: { status: 404 } })).toMatchObject({ code: 'UnexpectedAnswer' });
  });

  it('says of a refused client that it may be known otherwise', async () => {
    for (const answer of [{ status: 401 }, { status: 400 }, { status: 400, body: { error: 'invalid_client' } }]) {
      expect(await failWith(answer)).toMatchObject({ do: expect.stringContaining('authMethod') });
    }
    const refused = await failWith({ status: 403, body: { error: 'unauthorized_client' } });
    expect(refused.do).toMatch(/^allow this client the grant/);
  });

  it.each<[string, ScriptedAnswer, string]>([
    ['a page of a proxy with 200', { body: '<html>', headers: { 'content-type': 'text/html' } }, 'UnexpectedAnswer'],
    ['an empty 200', { body: '' }, 'UnexpectedAnswer'],
    ['a 200 with a JSON array', { body: [leak] }, 'UnexpectedAnswer'],
    ['a 200 without access_token', { body: { token_type: 'bearer', id_token: leak } }, 'UnexpectedAnswer'],
    ['a 200 whose access_token is empty', { body: { access_token: '' } }, 'UnexpectedAnswer'],
    ['a 200 whose access_token is an object', { body: { access_token: { leak } } }, 'UnexpectedAnswer'],
    ['a 400 whose error code holds a secret', { status: 400, body: { error: leak } }, 'InvalidRequest'],
    ['a 200 whose error is an object', { body: { error: { message: leak } } }, 'UnexpectedAnswer'],
    ['an answer that is cut off', 'cut', 'ProviderUnavailable'],
  ])('%s is no token', async (_what, answer, code) => {
    const failure = await failWith(answer);
    expect(failure.code).toBe(code);
    expect(inspect(failure, { showHidden: true, depth: 9 })).not.toContain(leak);
  });

  it.each([
    ['a page', 'text/html; charset=utf-8', 'text/html, not JSON'],
    ['JSON that is none', 'application/json', 'what is no JSON'],
    ['a page whose type is written otherwise', 'Text/HTML', 'text/html, not JSON'],
    ['a type that could say anything', `text/${leak}`, 'what is no JSON'],
  ])('%s in the place of an answer is told as what it is', async (_what, type, words) => {
    const failure = await failWith({ body: '<html>', headers: { 'content-type': type } });
    expect(failure.message).toBe(`token endpoint of ${new URL(provider.url).host} answered 200 with ${words}`);
  });

  it('a provider that does not listen is unavailable', async () => {
    const gone = await startScriptedProvider();
    await gone.close();
    const issuer = await openIssuer(oauth2, settings({ tokenEndpoint: `${gone.url}/token` }));
    expect(await failureOf(issuer.issue(request()))).toMatchObject({
      code: 'ProviderUnavailable',
      message: `token endpoint of ${new URL(gone.url).host} cannot be reached (ECONNREFUSED)`,
      nothingIssued: true,
    });
    const undiscovered = await openIssuer(oauth2, { url: gone.url, clientId: 'tokenkeeper', clientSecret });
    expect(await failureOf(undiscovered.issue(request()))).toMatchObject({
      code: 'ProviderUnavailable',
      nothingIssued: true,
    });
  });

  it('a provider that does not speak TLS has issued nothing, and the address is to be corrected', async () => {
    const address = provider.url.replace('http:', 'https:');
    const issuer = await openIssuer(oauth2, settings({ tokenEndpoint: `${address}/token` }));
    expect(await failureOf(issuer.issue(request()))).toMatchObject({
      code: 'ProviderUnavailable',
      nothingIssued: true,
      do: 'correct the address: nobody speaks TLS there',
    });
  });

  it.each<[name: string, answer: ScriptedAnswer]>([
    ['HTTP 503 with a time to come back', { status: 503, headers: { 'retry-after': '7' } }],
    ['HTTP 503 in the words of OAuth', { status: 503, body: { error: 'temporarily_unavailable' } }],
    [
      'a collision with another request',
      { status: 400, body: { error: 'invalid_grant', error_description: 'token request is already being processed' } },
    ],
    [
      'a collision in other words',
      {
        status: 400,
        body: { error: 'invalid_request', error_description: 'multiple concurrent requests, not allowed' },
      },
    ],
    ['those words alone', { status: 400, body: { error: 'temporarily_unavailable' } }],
  ])('after %s nothing was issued: the provider says that it did not handle the request', async (_name, answer) => {
    expect(await failWith(answer)).toMatchObject({ code: 'ProviderUnavailable', nothingIssued: true });
  });

  it.each([404, 405, 410])(
    'after HTTP %i nothing was issued: the request did not come to the endpoint',
    async (status) => {
      const page = { body: '<html>', headers: { 'content-type': 'text/html' } };
      expect(await failWith({ status, ...page })).toMatchObject({ code: 'UnexpectedAnswer', nothingIssued: true });
    },
  );

  it.each([200, 302, 409])('after a page with HTTP %i it is not known what became of the request', async (status) => {
    const page = { body: '<html>', headers: { 'content-type': 'text/html' } };
    expect(await failWith({ status, ...page })).toMatchObject({ code: 'UnexpectedAnswer', nothingIssued: false });
  });

  it.each<[name: string, answer: ScriptedAnswer]>([
    ['HTTP 503, which a proxy may say that lost the answer', { status: 503 }],
    ['HTTP 503 with a time that cannot be read', { status: 503, headers: { 'retry-after': 'later' } }],
    ['HTTP 502 with a time to come back', { status: 502, headers: { 'retry-after': '7' } }],
    ['HTTP 500', { status: 500, body: { error: 'server_error' } }],
    ['an answer that is cut off', 'cut'],
  ])('after %s it is not known what became of the request', async (_name, answer) => {
    expect(await failWith(answer)).toMatchObject({ code: 'ProviderUnavailable', nothingIssued: false });
  });

  it('silence until the time ran out is unavailable, and a cancel is Cancelled', async () => {
    provider.answer('/token', 'silent');
    const issuer = await openIssuer(oauth2, settings());
    expect(await failureOf(issuer.issue(request(AbortSignal.timeout(60))))).toMatchObject({
      code: 'ProviderUnavailable',
      message: expect.stringContaining('no answer in time'),
    });
    const controller = new AbortController();
    const issuing = failureOf(issuer.issue(request(controller.signal)));
    controller.abort();
    expect(await issuing).toMatchObject({ code: 'Cancelled' });
    const reason = new TokenError('AttemptLost', 'somebody else took over');
    expect(await failureOf(issuer.issue(request(AbortSignal.abort(reason))))).toBe(reason);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-24T08:00:00Z');
  it.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '120' }, 120_000],
    ['zero', { 'retry-after': '0' }, 0],
    [
      'an HTTP date, by the server’s own clock',
      { 'retry-after': 'Tue, 24 Nov 2026 09:00:30 GMT', date: 'Tue, 24 Nov 2026 09:00:00 GMT' },
      30_000,
    ],
    [
      'an HTTP date that is past',
      { 'retry-after': 'Tue, 24 Nov 2026 07:00:00 GMT', date: 'Tue, 24 Nov 2026 09:00:00 GMT' },
      0,
    ],
    ['a word', { 'retry-after': 'later' }, undefined],
    ['absent', {}, undefined],
  ])('%s', async (_form, headers, retryAfterMs) => {
    for (const status of [429, 503]) {
      expect(await failWith({ status, headers }, () => now)).toMatchObject({ retryAfterMs });
    }
  });
});

it('an allowance that is spent says when to come back, and not what became of the request', async () => {
  const spent = { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '90' };
  expect(await failWith({ status: 429, headers: spent })).toMatchObject({ code: 'RateLimited', retryAfterMs: 90_000 });
  expect(await failWith({ status: 429, headers: { ...spent, 'retry-after': '7' } })).toMatchObject({
    retryAfterMs: 7_000,
  });
  expect(await failWith({ status: 503, headers: spent })).toMatchObject({ retryAfterMs: 90_000, nothingIssued: false });
});

describe('the other endpoints', () => {
  it('a refused introspection is an error, never an inactive token', async () => {
    const issuer = await openIssuer(oauth2, settings());
    for (const [status, code] of [
      [401, 'InvalidClient'],
      [503, 'ProviderUnavailable'],
      [404, 'UnexpectedAnswer'],
    ] as const) {
      provider.answer('/introspect', { status });
      expect(await failureOf(issuer.verify(heldRequest(leak, { parameters })))).toMatchObject({ code });
      expect(await failureOf(issuer.probe({ ...request(), startedAt: 0 }))).toMatchObject({ code });
    }
    provider.answer('/introspect', { body: { active: false } });
    expect(await issuer.verify(heldRequest(leak, { parameters }))).toEqual({
      active: false,
      method: 'introspection',
      do: expect.stringContaining('introspectionEndpoint'),
    });
    provider.answer('/introspect', { body: { active: 'yes' } });
    expect(await failureOf(issuer.verify(heldRequest(leak, { parameters })))).toMatchObject({
      code: 'UnexpectedAnswer',
    });
  });

  it('a client that may not introspect or revoke is told how to do without; an outage is an outage', async () => {
    const issuer = await openIssuer(oauth2, settings());
    const held = heldRequest(leak, { parameters });
    const refusals: ScriptedAnswer[] = [
      { status: 401, body: { error: 'invalid_client' } },
      { status: 403, body: { error: 'invalid_request', error_description: 'Client not allowed.' } },
      { status: 400, body: { error: 'unsupported_token_type' } },
      { status: 404 },
    ];
    for (const refusal of [...refusals, { body: '<html>' }]) {
      provider.answer('/introspect', refusal);
      const failure = (await failureOf(issuer.verify(held))) as TokenError;
      expect(failure.do).toContain('none: they are not introspected');
    }
    for (const refusal of refusals) {
      provider.answer('/revoke', refusal);
      const failure = (await failureOf(issuer.revoke(held))) as TokenError;
      expect(failure.do).toContain('none: tokens end by their expiry');
    }
    for (const path of ['/introspect', '/revoke']) provider.answer(path, { status: 502 });
    for (const call of [issuer.verify(held), issuer.revoke(held)]) {
      expect(await failureOf(call)).toMatchObject({
        code: 'ProviderUnavailable',
        do: expect.stringMatching(/^nothing/),
      });
    }
  });

  it('claims lose whatever echoes the token', async () => {
    provider.answer('/introspect', { body: { active: true, token: leak, aud: 'https://crm.test' } });
    const issuer = await openIssuer(oauth2, settings());
    expect(await issuer.verify(heldRequest(leak, { parameters }))).toEqual({
      active: true,
      method: 'introspection',
      claims: { active: true, aud: 'https://crm.test' },
      providerDate: expect.any(Number),
    });
  });

  it('a revocation is retried on 503, and done where the provider no longer knows the token', async () => {
    const issuer = await openIssuer(oauth2, settings());
    const revoke = () => issuer.revoke(heldRequest(leak, { parameters, continuation: new Secret(refreshToken) }));
    provider.answer('/revoke', { status: 503, headers: { 'retry-after': '7' } });
    expect(await failureOf(revoke())).toMatchObject({ code: 'ProviderUnavailable', retryAfterMs: 7000 });
    for (const status of [200, 400]) {
      provider.answer('/revoke', { status, body: { error: 'invalid_token' } });
      await revoke();
    }
    provider.answer('/revoke', { status: 200 });
    await revoke();
    const sent = provider.requests.filter(({ path }) => path === '/revoke').map(({ fields }) => fields);
    expect(new Set(sent.map(({ token }) => token))).toEqual(new Set([leak]));
    expect(new Set(sent.map(({ token_type_hint: hint }) => hint))).toEqual(new Set(['access_token']));
  });

  it('a revocation that is answered 200 with an error, in whatever form, is none', async () => {
    const issuer = await openIssuer(oauth2, settings());
    for (const error of ['unsupported_token_type', { code: 'not_allowed' }]) {
      provider.answer('/revoke', { body: { error } });
      expect(await failureOf(issuer.revoke(heldRequest(leak, { parameters })))).toBeInstanceOf(TokenError);
    }
  });

  it.each([
    [401, 'InvalidClient'],
    [403, 'ProviderRefused'],
    [500, 'ProviderUnavailable'],
  ])('invalid_token with %i is about the credentials of the request: nothing is revoked', async (status, code) => {
    const issuer = await openIssuer(oauth2, settings());
    provider.answer('/revoke', { status, body: { error: 'invalid_token' } });
    expect(await failureOf(issuer.revoke(heldRequest(leak, { parameters })))).toMatchObject({ code });
  });
});
