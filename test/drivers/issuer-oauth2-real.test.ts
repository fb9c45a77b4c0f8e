import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Secret } from '../../src/core/secret.js';
import type { Issued, Issuer } from '../../src/issuers/issuer.js';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { failureOf, heldRequest, issueRequest, openIssuer } from '../support/issuer-requests.js';
import { clientSecret, startProvider, type TestProvider } from '../support/provider.js';
import { waitFor } from '../support/wait-for.js';

const crm = 'https://crm.test';
const refresh = { grant: 'refresh_token', initialGrant: 'crm' };

let provider: TestProvider;
let issuer: Issuer;
let first: Secret;

beforeEach(async () => {
  provider = await startProvider({ accessTokenTtlS: 300 });
  const settings = connectionTo(provider, { grants: { crm: await provider.control.mintGrant({ resource: crm }) } });
  issuer = await openIssuer(oauth2, settings);
  const grant = oauth2.firstGrant?.(oauth2.connection.parse(settings), refresh);
  if (grant == null) throw new Error('the first grant is missing');
  first = grant;
});
afterEach(() => provider.close());

function connectionTo({ issuer: url }: TestProvider, overrides: Record<string, unknown> = {}) {
  return { url, clientId: 'tokenkeeper', clientSecret, ...overrides };
}

const redeem = (continuation: Secret) => issuer.issue(issueRequest({ parameters: refresh, continuation }));
const probe = (continuation: Secret) =>
  issuer.probe({ ...issueRequest({ parameters: refresh, continuation }), startedAt: Date.now() });

/** The refresh token that an answer left. */
function continuationOf({ continuation }: Issued): Secret {
  if (continuation === undefined) throw new Error('the provider did not rotate the refresh token');
  return continuation;
}

describe('refresh rotation at a real oidc-provider', () => {
  it('goes on for 20 generations, each redeemed once, each value alive', async () => {
    let continuation = first;
    const values = new Set<string>();
    for (let generation = 1; generation <= 20; generation += 1) {
      const issued = await redeem(continuation);
      continuation = continuationOf(issued);
      values.add(issued.value.reveal());
      expect(issued).toMatchObject({ expiresInS: 300, scopes: ['invoices:read'] });
      // It tells seconds, by the same clock as ours; a busy machine may have taken some of them.
      expect(Math.abs((issued.providerDate ?? 0) - issued.requestedAt)).toBeLessThan(60_000);
      expect(await provider.callApi(issued.value.reveal(), 'crm.test/invoices')).toBe(200);
    }
    expect(values.size).toBe(20);
    expect(await provider.control.counts()).toMatchObject({
      refreshRedeems: 20,
      tokenRequests: { refresh_token: { ok: 20, refused: 0 } },
      revocations: 0,
    });
  });

  it('proves the environment: audience, issuer and scope', async () => {
    const { value } = await redeem(first);
    expect(await issuer.verify(heldRequest(value.reveal(), { parameters: refresh }))).toMatchObject({
      active: true,
      method: 'introspection',
      claims: { aud: crm, iss: provider.issuer, scope: 'invoices:read', exp: expect.any(Number) },
    });
  });

  it('a refresh token that was used before kills the family: InvalidGrant, and the newest value is dead', async () => {
    const issued = await redeem(first);
    expect(await failureOf(redeem(first))).toMatchObject({ code: 'InvalidGrant' });
    expect(await failureOf(redeem(continuationOf(issued)))).toMatchObject({ code: 'InvalidGrant' });
    expect(await provider.callApi(issued.value.reveal())).toBe(401);
    expect(await issuer.verify(heldRequest(issued.value.reveal(), { parameters: refresh }))).toMatchObject({
      active: false,
    });
  });

  it('an answer that was lost after the commit: unavailable, and the probe says redeemed', async () => {
    await provider.control.addFault({ when: 'after', answer: 'drop' });
    expect(await failureOf(redeem(first))).toMatchObject({ code: 'ProviderUnavailable' });
    expect(await probe(first)).toBe('redeemed');
    expect((await provider.control.counts()).refreshRedeems).toBe(1);
  });

  it('an error in place of an answer that was committed is a lost answer too', async () => {
    await provider.control.addFault({ when: 'after', answer: { status: 502, body: '<html>bad gateway</html>' } });
    expect(await failureOf(redeem(first))).toMatchObject({ code: 'ProviderUnavailable' });
    expect(await probe(first)).toBe('redeemed');
  });

  it('a request that was lost before the commit: the probe says not redeemed, and the same one is good', async () => {
    await provider.control.addFault({ when: 'before', answer: 'drop' });
    expect(await failureOf(redeem(first))).toMatchObject({ code: 'ProviderUnavailable' });
    expect(await probe(first)).toBe('not-redeemed');
    await redeem(first);
    expect((await provider.control.counts()).refreshRedeems).toBe(1);
  });

  it('an answer that comes too late is lost, which the probe sees', async () => {
    await provider.control.addFault({ when: 'after', delayMs: 60_000, answer: 'pass' });
    const time = new AbortController();
    const request = issueRequest({ parameters: refresh, continuation: first, signal: time.signal });
    const late = failureOf(issuer.issue(request));
    // The provider has committed, and its answer is on its way.
    await waitFor(async () => (await provider.control.counts()).refreshRedeems === 1, { limitMs: 45_000 });
    time.abort(new DOMException('the time is over', 'TimeoutError'));
    expect(await late).toMatchObject({ code: 'ProviderUnavailable' });
    expect(await probe(first)).toBe('redeemed');
  });

  it('a probe while the provider is down throws what passes, and answers nothing', async () => {
    await provider.control.addFault({ endpoint: 'introspection', when: 'before', answer: { status: 503 } });
    expect(await failureOf(probe(first))).toMatchObject({ code: 'ProviderUnavailable', kind: 'transient' });
  });

  it('a revocation sends the access token alone, which at this provider ends its grant: hence retire by expiry', async () => {
    const issued = await redeem(first);
    const newer = await redeem(continuationOf(issued));
    expect(issuer.capabilities(refresh).retire).toBe('expire');
    await issuer.revoke(heldRequest(issued.value.reveal(), { parameters: refresh, continuation: first }));
    expect((await provider.control.counts()).revocations).toBe(1);
    expect(await provider.callApi(newer.value.reveal())).toBe(401);
  });
});

describe('client_credentials at a real oidc-provider', () => {
  const parameters = { grant: 'client_credentials', resource: crm };
  const issue = (overrides = {}) => issuer.issue(issueRequest({ parameters, scopes: ['invoices:read'], ...overrides }));

  it('revoking one value harms no other', async () => {
    const [old, newer] = [await issue(), await issue()];
    await issuer.revoke(heldRequest(old.value.reveal(), { parameters }));
    expect(await provider.callApi(old.value.reveal())).toBe(401);
    expect(await provider.callApi(newer.value.reveal())).toBe(200);
  });

  it('a resource of another environment is refused', async () => {
    const words = { grant: 'client_credentials', resource: 'https://nobody.test' };
    expect(await failureOf(issue({ parameters: words }))).toMatchObject({ code: 'InvalidRequest' });
  });

  it('a scope that is dropped without a word shows in the introspection alone', async () => {
    const { value, scopes } = await issue({ scopes: ['offline_access', 'admin'] });
    expect(scopes).toBeUndefined();
    const verification = await issuer.verify(heldRequest(value.reveal(), { parameters }));
    expect(verification).toMatchObject({ active: true, claims: { aud: crm } });
    expect(verification).not.toHaveProperty('claims.scope');
  });

  it('a wrong client secret is InvalidClient', async () => {
    const stranger = await openIssuer(oauth2, connectionTo(provider, { clientSecret: 'wrong' }));
    expect(await failureOf(stranger.issue(issueRequest({ parameters })))).toMatchObject({ code: 'InvalidClient' });
  });
});

describe('a JWT of a provider that cannot introspect', () => {
  const parameters = { grant: 'client_credentials', resource: 'https://search.staging.test' };
  const openBlind = (now: () => number = Date.now) =>
    openIssuer(oauth2, connectionTo(provider, { introspectionEndpoint: 'none' }), { now });

  it('is checked against the published keys', async () => {
    const blind = await openBlind();
    const { value } = await blind.issue(issueRequest({ parameters }));
    expect(await blind.verify(heldRequest(value.reveal(), { parameters }))).toMatchObject({
      active: true,
      method: 'jwt',
      claims: { iss: provider.issuer, aud: 'https://search.staging.test' },
    });
  });

  it('is judged by the provider’s clock, where ours is ten minutes off', async () => {
    for (const offsetMs of [-600_000, 600_000]) {
      const blind = await openBlind(() => Date.now() + offsetMs);
      const { value } = await blind.issue(issueRequest({ parameters }));
      expect(await blind.verify(heldRequest(value.reveal(), { parameters }))).toMatchObject({ active: true });
    }
  });

  it('is inactive where it is expired or forged, unknown where it is of another issuer', async () => {
    let offsetMs = 0;
    const blind = await openBlind(() => Date.now() + offsetMs);
    const { value } = await blind.issue(issueRequest({ parameters }));
    const [header, payload = '', signature] = value.reveal().split('.');
    const changed = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), aud: crm };
    const forged = [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
    expect(await blind.verify(heldRequest(forged, { parameters }))).toEqual({ active: false, method: 'jwt' });

    const other = await startProvider();
    const there = await openIssuer(oauth2, connectionTo(other));
    const foreign = await there.issue(issueRequest({ parameters }));
    await other.close();
    expect(await blind.verify(heldRequest(foreign.value.reveal(), { parameters }))).toEqual({ active: 'unknown' });

    offsetMs = 310_000;
    expect(await blind.verify(heldRequest(value.reveal(), { parameters }))).toMatchObject({ active: false });
  });

  it('an opaque value cannot be checked: unknown, and so is a lost refresh', async () => {
    const blind = await openBlind();
    expect(await blind.verify(heldRequest('opaque', { parameters }))).toEqual({ active: 'unknown' });
    const lost = { ...issueRequest({ parameters: refresh, continuation: first }), startedAt: 0 };
    expect(await blind.probe(lost)).toBe('unknown');
  });
});

it('where refresh tokens are not rotated, a lost answer is asked for again, and a probe would tell nothing', async () => {
  const fixed = await startProvider({ rotatesRefreshTokens: false });
  try {
    const grants = { crm: await fixed.control.mintGrant({ resource: crm }) };
    const settings = connectionTo(fixed, { grants, refreshTokenReuse: 'always' });
    const patient = await openIssuer(oauth2, settings);
    const continuation = oauth2.firstGrant!(oauth2.connection.parse(settings), refresh);
    const request = issueRequest({ parameters: refresh, continuation });
    await fixed.control.addFault({ when: 'after', answer: 'drop' });
    expect(await failureOf(patient.issue(request))).toMatchObject({ code: 'ProviderUnavailable' });
    expect(await patient.probe({ ...request, startedAt: Date.now() })).toBe('unknown');
    expect(patient.capabilities(refresh).reissue).toBe('A');
    const issued = await patient.issue(request);
    expect(await fixed.callApi(issued.value.reveal(), 'crm.test/invoices')).toBe(200);
    expect((await fixed.control.counts()).tokenRequests.refresh_token.ok).toBe(2);
  } finally {
    await fixed.close();
  }
});
