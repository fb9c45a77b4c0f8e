import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TokenError } from '../../src/core/errors.js';
import { Secret } from '../../src/core/secret.js';
import type { DriverDeps } from '../../src/drivers.js';
import { discoveryMaxAgeMs } from '../../src/issuers/oauth2-server.js';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { failureOf, heldRequest, issueRequest, openIssuer } from '../support/issuer-requests.js';
import { startScriptedProvider, type ScriptedProvider } from '../support/provider-scripted.js';
import { unusedPort } from '../support/unused-port.js';
import { waitFor } from '../support/wait-for.js';

const clientSecret = 'scripted:client secret/55';
const base = { access_token: 'access-1', token_type: 'bearer' };

let provider: ScriptedProvider;
beforeEach(async () => {
  provider = await startScriptedProvider();
  return () => provider.close();
});

describe('discovery', () => {
  const wellKnown = '/.well-known/openid-configuration';
  const rfc8414 = '/.well-known/oauth-authorization-server';
  const ask = issueRequest({ parameters: { grant: 'client_credentials' } });
  const metadata = () => ({ issuer: provider.url, token_endpoint: `${provider.url}/discovered` });
  const openDiscovering = (overrides = {}, deps: Partial<DriverDeps> = {}) =>
    openIssuer(oauth2, { url: provider.url, clientId: 'tokenkeeper', clientSecret, ...overrides }, deps);
  const paths = () => provider.requests.map(({ path }) => path);
  /** A third request of the provider, for its metadata, which it does not answer: whoever asked is stopped. */
  const stopAtDiscovery = async (issuer: Awaited<ReturnType<typeof openDiscovering>>) => {
    provider.answer(wellKnown, 'silent');
    const stop = new AbortController();
    const stopped = failureOf(issuer.issue({ ...ask, signal: stop.signal }));
    await waitFor(() => paths().length === 3, { limitMs: 45_000, describe: 'the second look' });
    stop.abort();
    expect(await stopped).toMatchObject({ code: 'Cancelled' });
  };

  it('is done once for an open connection', async () => {
    provider.answer(wellKnown, { body: metadata() });
    provider.answer('/discovered', { body: base });
    const issuer = await openDiscovering();
    await issuer.issue(ask);
    await issuer.issue(ask);
    expect(paths()).toEqual([wellKnown, '/discovered', '/discovered']);
  });

  it('falls back to RFC 8414', async () => {
    provider.answer(rfc8414, { body: metadata() });
    provider.answer('/discovered', { body: base });
    await (await openDiscovering()).issue(ask);
    expect(paths()).toEqual([wellKnown, rfc8414, '/discovered']);
  });

  it('falls back to RFC 8414 where the first place answers any address with a page', async () => {
    provider.answer(wellKnown, { body: '<html>', headers: { 'content-type': 'text/html' } });
    provider.answer(rfc8414, { body: metadata() });
    provider.answer('/discovered', { body: base });
    await (await openDiscovering()).issue(ask);
    expect(paths()).toEqual([wellKnown, rfc8414, '/discovered']);
  });

  it('that failed is done again', async () => {
    provider.answer(wellKnown, { status: 500, headers: { 'retry-after': '9' } });
    provider.answer('/discovered', { body: base });
    const issuer = await openDiscovering();
    expect(await failureOf(issuer.issue(ask))).toMatchObject({
      code: 'ProviderUnavailable',
      retryAfterMs: 9000,
      // Whatever became of the look: the request itself was not sent.
      nothingIssued: true,
    });
    provider.answer(wellKnown, { body: metadata() });
    await issuer.issue(ask);
    expect(paths()).toEqual([wellKnown, wellKnown, '/discovered']);
  });

  it('that finds nothing, or the metadata of somebody else, names the host', async () => {
    const issuer = await openDiscovering();
    const { host } = new URL(provider.url);
    provider.answer(wellKnown, { status: 301, headers: { location: '/elsewhere' } });
    expect(await failureOf(issuer.issue(ask))).toMatchObject({
      code: 'UnexpectedAnswer',
      message: `${host} publishes no authorization server metadata (HTTP 301 and 404)`,
      nothingIssued: true,
    });
    for (const stranger of ['https://somebody.test', `${provider.url}/realm`, 'accounts.somebody.test', null]) {
      provider.answer(wellKnown, { body: { ...metadata(), issuer: stranger } });
      expect(await failureOf(issuer.issue(ask))).toMatchObject({
        code: 'UnexpectedAnswer',
        message: `discovery of ${host} tells of another issuer than url`,
        do: expect.stringContaining('a final slash counts'),
        nothingIssued: true,
      });
    }
    expect(paths()).not.toContain('/discovered');
    expect(paths()).not.toContain('/elsewhere');
  });

  it('whose metadata have no token endpoint names what to do, and has issued nothing; a named one is enough', async () => {
    provider.answer(wellKnown, { body: { issuer: provider.url } });
    provider.answer('/named', { body: base });
    const refresh = issueRequest({ parameters: { grant: 'refresh_token' }, continuation: new Secret('refresh-1') });
    expect(await failureOf((await openDiscovering()).issue(refresh))).toMatchObject({
      code: 'UnexpectedAnswer',
      message: `${new URL(provider.url).host} publishes no token endpoint`,
      do: 'name tokenEndpoint of the issuer connection',
      nothingIssued: true,
    });
    await (await openDiscovering({ tokenEndpoint: `${provider.url}/named` })).issue(refresh);
    expect(paths()).toEqual([wellKnown, wellKnown, '/named']);
  });

  it('takes null for an endpoint that is not there', async () => {
    const absent = { introspection_endpoint: null, revocation_endpoint: null, jwks_uri: null };
    provider.answer(wellKnown, { body: { ...metadata(), ...absent } });
    const issuer = await openDiscovering();
    const { parameters } = ask;
    const jwt = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(provider.url)
      .sign(new Uint8Array(32));
    expect(await issuer.verify(heldRequest(jwt, { parameters }))).toEqual({ active: 'unknown' });
    expect(await failureOf(issuer.revoke(heldRequest('opaque', { parameters })))).toMatchObject({
      message: 'the provider publishes no revocation endpoint',
    });
  });

  it.each([
    ['token_endpoint', null, 'no token endpoint'],
    ['token_endpoint', '/token', 'as token_endpoint what is no address'],
    // Each is a URL all the same: of a scheme named id.test, and one that fetch refuses.
    ['token_endpoint', 'id.test:8443/token', 'as token_endpoint what is no address'],
    ['token_endpoint', 'https://us:pw@id.test/token', 'as token_endpoint what is no address'],
    ['introspection_endpoint', '', 'as introspection_endpoint what is no address'],
    ['jwks_uri', 5, 'as jwks_uri what is no address'],
  ])('whose %s is %s has issued nothing', async (name, address, what) => {
    provider.answer(wellKnown, { body: { ...metadata(), [name]: address } });
    const refresh = issueRequest({ parameters: { grant: 'refresh_token' }, continuation: new Secret('refresh-1') });
    expect(await failureOf((await openDiscovering()).issue(refresh))).toMatchObject({
      code: 'UnexpectedAnswer',
      message: `${new URL(provider.url).host} publishes ${what}`,
      nothingIssued: true,
    });
  });

  it('yields to endpoints that are named, and to none', async () => {
    const endpoints = { introspection_endpoint: `${provider.url}/i`, revocation_endpoint: `${provider.url}/r` };
    provider.answer(wellKnown, { body: { ...metadata(), ...endpoints } });
    provider.answer('/named', { body: base });
    const issuer = await openDiscovering({
      tokenEndpoint: `${provider.url}/named`,
      introspectionEndpoint: 'none',
      revocationEndpoint: 'none',
    });
    const { parameters } = ask;
    await issuer.issue(ask);
    expect(await issuer.verify(heldRequest('opaque', { parameters }))).toEqual({ active: 'unknown' });
    // Nothing to wait for: the value is left to its expiry.
    await issuer.revoke(heldRequest('opaque', { parameters }));
    expect(issuer.capabilities(parameters).retire).toBe('expire');
    expect(paths()).toEqual([wellKnown, '/named']);
  });

  it('that has no endpoint to revoke says so where one was to be told', async () => {
    provider.answer(wellKnown, { body: metadata() });
    const issuer = await openDiscovering();
    const { parameters } = ask;
    expect(await failureOf(issuer.revoke(heldRequest('opaque', { parameters })))).toMatchObject({
      code: 'UnexpectedAnswer',
      do: expect.stringContaining('none: tokens end by their expiry'),
    });
  });

  it('is one for all who come at once', async () => {
    provider.answer(wellKnown, { body: metadata() });
    provider.answer('/discovered', { body: base });
    const issuer = await openDiscovering();
    await Promise.all(Array.from({ length: 50 }, () => issuer.issue(ask)));
    expect(paths().filter((path) => path === wellKnown)).toHaveLength(1);
    expect(paths().filter((path) => path === '/discovered')).toHaveLength(50);
  });

  it('fails for all who wait for it, by one request', async () => {
    provider.answer(wellKnown, { status: 503 });
    const issuer = await openDiscovering();
    const failures = await Promise.all(Array.from({ length: 50 }, () => failureOf(issuer.issue(ask))));
    expect(new Set(failures.map((failure) => (failure as TokenError).code))).toEqual(new Set(['ProviderUnavailable']));
    expect(paths()).toEqual([wellKnown]);
  });

  it('that ended with the one who asked is done again by the one who waited', async () => {
    provider.answer(wellKnown, 'silent');
    const issuer = await openDiscovering();
    const stop = new AbortController();
    const first = failureOf(issuer.issue({ ...ask, signal: stop.signal }));
    const second = issuer.issue(ask);
    await waitFor(() => paths().length === 1, { limitMs: 4_000, describe: 'the first request' });
    provider.answer(wellKnown, { body: metadata() });
    provider.answer('/discovered', { body: base });
    stop.abort();
    expect(await first).toMatchObject({ code: 'Cancelled' });
    expect((await second).value.reveal()).toBe('access-1');
    expect(paths()).toEqual([wellKnown, wellKnown, '/discovered']);
  });

  it('does not delay a caller that is aborted while waiting for it', async () => {
    provider.answer(wellKnown, 'silent');
    const issuer = await openDiscovering();
    const [leader, follower] = [new AbortController(), new AbortController()];
    const first = failureOf(issuer.issue({ ...ask, signal: leader.signal }));
    const second = failureOf(issuer.issue({ ...ask, signal: follower.signal }));
    await waitFor(() => paths().length === 1, { limitMs: 4_000, describe: 'the first request' });
    follower.abort();
    expect(await second).toMatchObject({ code: 'Cancelled' });
    leader.abort();
    expect(await first).toMatchObject({ code: 'Cancelled' });
    expect(paths()).toEqual([wellKnown]);
  });

  it('that was stopped after an hour is done again by the next request', async () => {
    let now = 1_000_000;
    provider.answer(wellKnown, { body: metadata() });
    provider.answer('/discovered', { body: base });
    const issuer = await openDiscovering({}, { now: () => now });
    await issuer.issue(ask);
    now += discoveryMaxAgeMs;
    await stopAtDiscovery(issuer);
    provider.answer(wellKnown, { body: metadata() });
    await issuer.issue(ask);
    expect(paths().slice(2)).toEqual([wellKnown, wellKnown, '/discovered']);
  });

  it('is done again at once where an endpoint is not there any more, and what was known holds on where it fails', async () => {
    provider.answer(wellKnown, { body: metadata() });
    provider.answer('/discovered', { body: base });
    const issuer = await openDiscovering();
    await issuer.issue(ask);
    provider.answer('/discovered', { status: 410 });
    provider.answer(wellKnown, { body: { ...metadata(), token_endpoint: `${provider.url}/moved` } });
    provider.answer('/moved', { body: base });
    expect(await failureOf(issuer.issue(ask))).toMatchObject({ code: 'UnexpectedAnswer', nothingIssued: true });
    await issuer.issue(ask);
    await issuer.issue(ask);
    expect(paths()).toEqual([wellKnown, '/discovered', '/discovered', wellKnown, '/moved', '/moved']);
    provider.answer('/moved', { status: 404 });
    provider.answer(wellKnown, { status: 404 });
    await failureOf(issuer.issue(ask));
    provider.answer('/moved', { body: base });
    await issuer.issue(ask);
    await issuer.issue(ask);
    expect(paths().slice(6)).toEqual(['/moved', wellKnown, rfc8414, '/moved', '/moved']);
  });

  it('is done again at once where nothing listens at an endpoint any more', async () => {
    provider.answer(wellKnown, { body: { ...metadata(), token_endpoint: `http://127.0.0.1:${await unusedPort()}/` } });
    const issuer = await openDiscovering();
    expect(await failureOf(issuer.issue(ask))).toMatchObject({ code: 'ProviderUnavailable', nothingIssued: true });
    provider.answer(wellKnown, { body: metadata() });
    provider.answer('/discovered', { body: base });
    await issuer.issue(ask);
    expect(paths()).toEqual([wellKnown, wellKnown, '/discovered']);
  });

  it('after an endpoint that was not there, if cut short, holds up no request after it', async () => {
    provider.answer(wellKnown, { body: metadata() });
    provider.answer('/discovered', { status: 404 });
    const issuer = await openDiscovering();
    await failureOf(issuer.issue(ask));
    await stopAtDiscovery(issuer);
    provider.answer('/discovered', { body: base });
    await issuer.issue(ask);
    expect(paths().slice(2)).toEqual([wellKnown, '/discovered']);
  });

  it('is done again after an hour, and what was known holds on where it fails then', async () => {
    let now = 1_000_000;
    provider.answer(wellKnown, { body: metadata() });
    provider.answer('/discovered', { body: base });
    provider.answer('/moved', { body: base });
    const issuer = await openDiscovering({}, { now: () => now });
    const used = async (): Promise<string[]> => {
      const before = paths().length;
      await issuer.issue(ask);
      return paths().slice(before);
    };
    expect(await used()).toEqual([wellKnown, '/discovered']);
    now += discoveryMaxAgeMs - 1;
    expect(await used()).toEqual(['/discovered']);
    provider.answer(wellKnown, { status: 503 });
    now += 1;
    expect(await used()).toEqual([wellKnown, '/discovered']);
    expect(await used()).toEqual(['/discovered']);
    provider.answer(wellKnown, { body: { issuer: provider.url } });
    now += discoveryMaxAgeMs;
    expect(await used()).toEqual([wellKnown, '/discovered']);
    provider.answer(wellKnown, { body: { ...metadata(), token_endpoint: `${provider.url}/moved` } });
    now += discoveryMaxAgeMs;
    expect(await used()).toEqual([wellKnown, '/moved']);
  });
});
