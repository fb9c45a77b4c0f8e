import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.js';
import type { Issuer } from '../../src/issuers/issuer.js';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { oauth2Connection } from '../../src/issuers/oauth2-settings.js';
import { failureOf, heldRequest, issueRequest, openIssuer } from '../support/issuer-requests.js';
import { startScriptedProvider } from '../support/provider-scripted.js';
import { startSigningProvider } from '../support/signing-provider.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;

const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8'): string =>
  key.export({ type, format: 'pem' }) as string;
const jwk = (key: KeyObject, more: object = {}): string =>
  JSON.stringify({ ...key.export({ format: 'jwk' }), ...more });
const publicJwk = (key: KeyObject): JWK => createPublicKey(key).export({ format: 'jwk' }) as JWK;

const parameters = { grant: 'client_credentials' };
const signed = { clientId: 'tokenkeeper', authMethod: 'private_key_jwt' };

function issueAt(issuer: Issuer) {
  return issuer.issue(issueRequest({ parameters, scopes: ['invoices:read'] }));
}

describe('a client that signs its requests', () => {
  it.each([
    ['RSA, as PKCS #8', rsa, pem(rsa)],
    ['RSA, as PKCS #1', rsa, pem(rsa, 'pkcs1')],
    ['RSA, as a JWK for PS256', rsa, jwk(rsa, { alg: 'PS256', kid: 'of-the-keeper' })],
    ['EC, as SEC 1', p256, pem(p256, 'sec1')],
    ['EC of another curve, as a JWK', p384, jwk(p384)],
    ['Ed25519, as PKCS #8', ed25519, pem(ed25519)],
  ])('is given, asked about and rid of a token by a real oidc-provider, with %s', async (_what, key, clientKey) => {
    const provider = await startSigningProvider([{ ...publicJwk(key), kid: 'of-the-keeper' }]);
    const connection = { ...signed, url: provider.url, clientKey, clientKeyId: 'of-the-keeper' };
    const issuer = await openIssuer(oauth2, connection);
    const { value } = await issueAt(issuer);
    const held = heldRequest(value.reveal(), { parameters });
    expect(await issuer.verify(held)).toMatchObject({ active: true });
    await issuer.revoke(held);
    expect(await issuer.verify(held)).toMatchObject({ active: false });
    await provider.close();
  });

  it('is refused with another key, and told to correct it', async () => {
    const provider = await startSigningProvider([publicJwk(rsa)]);
    const other = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
    const issuer = await openIssuer(oauth2, { ...signed, url: provider.url, clientKey: pem(other) });
    const error = await failureOf(issueAt(issuer));
    expect(error).toMatchObject({ code: 'InvalidClient', do: expect.stringContaining('clientKey') });
    await provider.close();
  });
});

describe('what it signs', () => {
  async function assertionsAt(more: object, date?: string): Promise<string[]> {
    const provider = await startScriptedProvider();
    const headers = date === undefined ? {} : { date };
    provider.answer('/token', { headers, body: { access_token: 'a', token_type: 'Bearer', expires_in: 60 } });
    const tokenEndpoint = `${provider.url}/token`;
    const issuer = await openIssuer(oauth2, { ...signed, tokenEndpoint, clientKey: pem(p256), ...more });
    for (let times = 0; times < 2; times++) await issueAt(issuer);
    await provider.close();
    return provider.requests.map(({ fields }) => fields['client_assertion'] ?? '');
  }

  it('is for this provider and a minute, and another one each time', async () => {
    const [first = '', second = ''] = await assertionsAt({ clientKeyId: 'seven' });
    expect(decodeProtectedHeader(first)).toEqual({ alg: 'ES256', kid: 'seven' });
    const { iss, sub, aud, iat = 0, exp = 0, jti, ...rest } = decodeJwt(first);
    expect([iss, sub]).toEqual(['tokenkeeper', 'tokenkeeper']);
    expect(aud).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/token$/);
    expect(exp - iat).toBe(60);
    expect(rest).toEqual({});
    expect(decodeJwt(second).jti).not.toBe(jti);
  });

  it('names the audience that the connection says', async () => {
    const [first = ''] = await assertionsAt({ assertionAudience: 'https://id.example.com' });
    expect(decodeJwt(first).aud).toBe('https://id.example.com');
  });

  it('is dated by the provider’s clock, once that is known', async () => {
    const hourAhead = new Date(Date.now() + 3_600_000).toUTCString();
    const [first = '', second = ''] = await assertionsAt({}, hourAhead);
    const dated = (assertion: string): number => (decodeJwt(assertion).iat ?? 0) * 1_000 - Date.now();
    expect(Math.abs(dated(first))).toBeLessThan(60_000);
    expect(Math.abs(dated(second) - 3_600_000)).toBeLessThan(60_000);
  });
});

describe('its key', () => {
  const url = 'https://id.example.com';
  const short = generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey;
  const locked = rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'of-a-key' }) as string;

  it('does not print', () => {
    const { clientKey } = oauth2Connection.parse({ ...signed, url, clientKey: pem(rsa) });
    expect(clientKey).toBeInstanceOf(Secret);
  });

  it.each([
    ['a text', 'of-a-key'],
    ['a public key', JSON.stringify(publicJwk(rsa))],
    ['a key with a passphrase', locked],
    ['a short RSA key', pem(short)],
    ['a key for agreement', pem(generateKeyPairSync('x25519').privateKey)],
    ['a curve without an algorithm', pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey)],
    ['a JWK for an algorithm of other keys', jwk(p256, { alg: 'RS256' })],
  ])('cannot be %s', (_what, clientKey) => {
    const { error } = oauth2Connection.safeParse({ ...signed, url, clientKey });
    expect(error?.issues).toMatchObject([{ path: ['clientKey'], message: 'must be a private key, as PEM or JWK' }]);
  });

  it.each([
    [{}, 'is needed for authMethod: private_key_jwt'],
    [{ authMethod: undefined, clientSecret: 'of-a-client', clientKey: pem(rsa) }, 'belongs to authMethod'],
  ])('is there with its method, and only with it: %#', (more, message) => {
    const { error } = oauth2Connection.safeParse({ ...signed, url, ...more });
    expect(error?.issues).toMatchObject([{ path: ['clientKey'], message: expect.stringContaining(message) }]);
  });
});
