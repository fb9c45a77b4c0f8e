import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { exampleProvider, type ExampleProvider } from '../../src/issuers/example-provider.js';
import { example } from '../../src/issuers/example.js';
import type { Issuer } from '../../src/issuers/issuer.js';
import { manual } from '../../src/issuers/manual.js';
import { failureOf, heldRequest, issueRequest, openIssuer } from '../support/issuer-requests.js';

describe('the example issuer', () => {
  let clock: number;
  let provider: ExampleProvider;
  let issuer: Issuer;
  const parameters = example.parameters.parse({ lifetimeMs: 60_000, claims: { aud: 'https://crm.test' } });
  const request = issueRequest({ parameters, scopes: ['a:read'] });

  beforeEach(async () => {
    clock = Date.parse('2026-11-24T08:00:00Z');
    const name = randomUUID();
    provider = exampleProvider(name);
    // a promise, as the time-skipping server's clock is
    issuer = await openIssuer(example, { provider: name }, { now: async () => clock });
  });

  it('lives by the clock of its host', async () => {
    const { value, expiresInS } = await issuer.issue(request);
    expect(expiresInS).toBe(60);
    const verify = () => issuer.verify(heldRequest(value.reveal(), { parameters }));
    clock += 59_999;
    expect(await verify()).toMatchObject({ active: true, claims: { aud: 'https://crm.test', scope: 'a:read' } });
    clock += 1;
    expect(await verify()).toEqual({ active: false, method: 'introspection' });
  });

  it('fails as often as it was told, before the work or after it', async () => {
    provider.failNext('RateLimited', 2);
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      expect(await failureOf(issuer.issue(request))).toMatchObject({ code: 'RateLimited' });
    }
    expect(await issuer.probe({ ...request, startedAt: clock })).toBe('not-redeemed');
    provider.failNext('ProviderUnavailable', 1, { after: true });
    expect(await failureOf(issuer.issue(request))).toMatchObject({ code: 'ProviderUnavailable' });
    expect(await issuer.probe({ ...request, startedAt: clock })).toBe('redeemed');
    provider.failNext('ProviderUnavailable', 9, { call: 'revoke' });
    expect(await failureOf(issuer.revoke(heldRequest('any', { parameters })))).toMatchObject({ kind: 'transient' });
    provider.recover();
    await issuer.revoke(heldRequest('any', { parameters }));
    expect(provider.counts).toEqual({ issue: 1, verify: 0, probe: 2, revoke: 1 });
    expect(provider.values).toHaveLength(1);
  });

  it('is shared by its name within a process', () => {
    const name = randomUUID();
    expect(exampleProvider(name)).toBe(exampleProvider(name));
    expect(exampleProvider(name)).not.toBe(provider);
  });
});

describe('the manual issuer', () => {
  it('mints nothing, knows nothing, and asks a person', async () => {
    const issuer = await openIssuer(manual, {});
    expect(issuer.capabilities({})).toMatchObject({ mintable: false, retire: 'expire' });
    expect(await failureOf(issuer.issue(issueRequest()))).toMatchObject({
      code: 'NotMintable',
      do: 'obtain the value by hand, then: tokenkeeper import staging/billing-api',
    });
    expect(await issuer.verify(heldRequest('any'))).toEqual({ active: 'unknown' });
    expect(await issuer.probe({ ...issueRequest(), startedAt: 0 })).toBe('unknown');
    await issuer.revoke(heldRequest('any'));
  });

  it('takes 401 for the answer to a dead value, and 403 for that to a living one without the permission', () => {
    const judged = [401, 403, 500].map((status) => manual.isAuthenticationFailure({ status, headers: {} }));
    expect(judged).toEqual([true, false, false]);
  });

  it('takes no settings and no parameters', () => {
    expect(manual.connection.safeParse({ url: 'https://x.test' }).success).toBe(false);
    expect(manual.parameters.safeParse({ grant: 'x' }).success).toBe(false);
  });
});
