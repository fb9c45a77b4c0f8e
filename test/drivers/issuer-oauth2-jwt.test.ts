import { generateKeyPairSync } from 'node:crypto';
import { base64url, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Issuer } from '../../src/issuers/issuer.js';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { failureOf, heldRequest, openIssuer } from '../support/issuer-requests.js';
import { startScriptedProvider, type ScriptedProvider } from '../support/provider-scripted.js';

const parameters = { grant: 'client_credentials' };
const { publicKey, privateKey } = await generateKeyPair('ES256');
const keySet = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] };

let provider: ScriptedProvider;
let issuer: Issuer;
const settings = () => ({ url: provider.url, clientId: 'tokenkeeper', clientSecret: 'jwt-secret-12' });
const metadata = () => ({
  issuer: provider.url,
  token_endpoint: `${provider.url}/token`,
  jwks_uri: `${provider.url}/jwks`,
});

beforeEach(async () => {
  provider = await startScriptedProvider();
  provider.answer('/.well-known/openid-configuration', { body: metadata() });
  provider.answer('/jwks', { body: keySet });
  issuer = await openIssuer(oauth2, settings());
  return () => provider.close();
});

function sign({
  iss = provider.url,
  life = '5m',
  notBefore = '-1h',
  kid = 'k1',
  key = privateKey,
} = {}): Promise<string> {
  const jwt = new SignJWT({ aud: 'https://crm.test' }).setProtectedHeader({ alg: 'ES256', kid });
  return jwt.setIssuer(iss).setNotBefore(notBefore).setExpirationTime(life).sign(key);
}

const unsigned = (header: object): string =>
  `${[header, { iss: provider.url }].map((part) => base64url.encode(JSON.stringify(part))).join('.')}.c2ln`;

/** Of 1024 bits, half of what RFC 7518 §3.3 requires. */
const rsaKey = () => ({
  ...generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }),
  alg: 'RS256',
});

const verify = async (value: string, signal = new AbortController().signal) =>
  issuer.verify(heldRequest(value, { parameters, signal }));

describe('a JWT is checked against the key set of its issuer', () => {
  it('active, with its claims, the key set read once', async () => {
    const value = await sign();
    expect(await verify(value)).toMatchObject({
      active: true,
      method: 'jwt',
      // The provider itself was not asked.
      live: false,
      claims: { aud: 'https://crm.test' },
    });
    await verify(value);
    expect(provider.requests.filter(({ path }) => path === '/jwks')).toHaveLength(1);
  });

  it('inactive where its signature is not that of the key that it names, or its time is over', async () => {
    const { privateKey: forged } = await generateKeyPair('ES256');
    expect(await verify(await sign({ key: forged }))).toEqual({ active: false, method: 'jwt' });
    expect(await verify(await sign({ life: '-1m' }))).toEqual({ active: false, method: 'jwt' });
  });

  it('by the provider’s clock, which an answer from a cache does not put back', async () => {
    const headers = { date: new Date(Date.now() - 3_600_000).toUTCString(), age: '3600' };
    provider.answer('/.well-known/openid-configuration', { body: metadata(), headers });
    expect(await verify(await sign({ notBefore: '0s' }))).toMatchObject({ active: true });
  });

  it.each([
    ['a few seconds, as between the hosts of a provider', '3s', true],
    ['a minute', '60s', false],
  ])('by dates that may be off by %s', async (_span, notBefore, active) => {
    expect(await verify(await sign({ notBefore }))).toMatchObject({ active });
  });

  it.each([
    ['of another issuer, as Microsoft Graph’s is', () => sign({ iss: 'https://sts.test/' })],
    ['of a key that is not published', () => sign({ kid: 'k2' })],
    ['by a shared secret', () => unsigned({ alg: 'HS256' })],
    ['by an algorithm that nobody knows', () => unsigned({ alg: 'XS512' })],
    ['with no algorithm', () => unsigned({})],
    ['that is none: an opaque value with two dots', () => 'ya29.c.b0Aaekm1K-abc_def'],
    ['whose content is none', () => `${base64url.encode('{"alg":"ES256","kid":"k1"}')}.b0Aaekm1K.c2ln`],
  ])('unknown, never inactive, a JWT %s', async (_what, make) => {
    expect(await verify(await make())).toEqual({ active: 'unknown' });
  });

  it.each([
    ['is down', { status: 503 }],
    ['is no JSON', { body: '<html>' }],
    ['is no key set', { body: { keys: 'none' } }],
  ])('unavailable, never inactive, where the key set %s', async (_what, answer) => {
    provider.answer('/jwks', answer);
    expect(await failureOf(verify(await sign()))).toMatchObject({
      code: 'ProviderUnavailable',
      message: `the key set of ${new URL(provider.url).host} cannot be read`,
    });
    provider.answer('/jwks', { body: keySet });
    expect(await verify(await sign())).toMatchObject({ active: true });
  });

  it.each([
    ['is too short', () => rsaKey()],
    ['is none', () => ({ kty: 'EC', crv: 'P-256', alg: 'ES256', x: 'AAAA', y: 'AAAA' })],
  ])('unknown, with no second try, where its published key %s', async (_what, jwk) => {
    const { alg, ...key } = jwk();
    provider.answer('/jwks', { body: { keys: [{ ...key, alg, kid: 'k1' }] } });
    expect(await verify(unsigned({ alg, kid: 'k1' }))).toEqual({ active: 'unknown' });
  });

  it('cancelled with its caller, while the key set is silent', async () => {
    provider.answer('/jwks', 'silent');
    const stop = new AbortController();
    let ended: AbortSignal | null | undefined;
    const spy: typeof fetch = (url, init) => {
      if (!new Request(url).url.endsWith('/jwks')) return fetch(url, init);
      ended = init?.signal;
      setImmediate(() => stop.abort());
      return fetch(url, init);
    };
    issuer = await openIssuer(oauth2, settings(), { fetch: spy });
    expect(await failureOf(verify(await sign(), stop.signal))).toMatchObject({ code: 'Cancelled' });
    // By its caller, and not by the time that the library gives a key set.
    expect(ended?.reason).toBe(stop.signal.reason);
  });

  it('unavailable after the time that the library gives a key set, long before its caller gives up', async () => {
    provider.answer('/jwks', 'silent');
    const value = await sign();
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.timeout(20));
    onTestFinished(() => void vi.restoreAllMocks());
    expect(await failureOf(verify(value))).toMatchObject({ code: 'ProviderUnavailable' });
  });

  it.each([
    ['ahead', '5m', 600_000, false],
    ['behind', '-5m', -600_000, true],
  ])('by the provider’s clock, which is %s by 10 min: a life of %s', async (_, life, skewMs, active) => {
    const headers = { date: new Date(Date.now() + skewMs).toUTCString() };
    provider.answer('/.well-known/openid-configuration', { body: metadata(), headers });
    expect(await verify(await sign({ life }))).toMatchObject({ active });
  });

  it('unavailable where the key set is cut off', async () => {
    provider.answer('/jwks', 'cut');
    expect(await failureOf(verify(await sign()))).toMatchObject({ code: 'ProviderUnavailable' });
  });
});
