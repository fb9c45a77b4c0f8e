import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.js';
import type { Issuer } from '../../src/issuers/issuer.js';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { failureOf, heldRequest, issueRequest, openIssuer } from '../support/issuer-requests.js';
import { clientSecret, spawnProvider, startProvider } from '../support/provider.js';

const crm = 'https://crm.test';
const parameters = { grant: 'refresh_token' };

const open = (url: string): Promise<Issuer> => openIssuer(oauth2, { url, clientId: 'tokenkeeper', clientSecret });
const redeem = (issuer: Issuer, refreshToken: string) =>
  issuer.issue(issueRequest({ parameters, continuation: new Secret(refreshToken) }));

describe('the demo’s provider', () => {
  it('keeps grants, tokens and counts over a SIGKILL and a second start', async () => {
    const before = await spawnProvider();
    const grant = await before.control.mintGrant({ resource: crm });
    const issued = await redeem(await open(before.issuer), grant);
    await before.kill();

    const after = await spawnProvider({ stateFile: before.stateFile, port: before.port });
    try {
      expect(after.pid).not.toBe(before.pid);
      expect(statSync(after.stateFile).mode & 0o777).toBe(0o600);
      expect(await after.callApi(issued.value.reveal(), 'crm.test/invoices')).toBe(200);
      const issuer = await open(after.issuer);
      await redeem(issuer, issued.continuation?.reveal() ?? 'none');
      expect((await after.control.counts()).refreshRedeems).toBe(2);
      expect(await failureOf(redeem(issuer, grant))).toMatchObject({ code: 'InvalidGrant' });
    } finally {
      await after.close();
    }
  });

  it('serves 401 for a token that was killed behind its back, while its grant lives', async () => {
    const provider = await startProvider();
    try {
      const issuer = await open(provider.issuer);
      const { value, continuation } = await redeem(issuer, await provider.control.mintGrant({ resource: crm }));
      expect(await provider.callApi(value.reveal(), 'billing.staging.test/invoices')).toBe(401);
      expect(await provider.control.kill(value.reveal())).toBe(true);
      expect(await provider.control.kill(value.reveal())).toBe(false);
      const answer = await fetch(`${provider.issuer}/api/ping`, {
        headers: { authorization: `Bearer ${value.reveal()}` },
      });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
      const next = await redeem(issuer, continuation?.reveal() ?? 'none');
      expect(await provider.callApi(next.value.reveal(), 'crm.test/invoices')).toBe(200);
    } finally {
      await provider.close();
    }
  });

  it('counts what it saw, by kind', async () => {
    const provider = await startProvider();
    try {
      const issuer = await open(provider.issuer);
      const cc = { parameters: { grant: 'client_credentials' } };
      const { value } = await issuer.issue(issueRequest(cc));
      await failureOf(redeem(issuer, 'no such grant'));
      await provider.control.addFault({
        when: 'before',
        times: 2,
        answer: { status: 429, headers: { 'retry-after': '3' } },
      });
      for (const _ of [1, 2]) {
        expect(await failureOf(issuer.issue(issueRequest(cc)))).toMatchObject({
          code: 'RateLimited',
          retryAfterMs: 3000,
        });
      }
      await issuer.verify(heldRequest(value.reveal(), cc));
      await provider.callApi(value.reveal());
      await issuer.revoke(heldRequest(value.reveal(), cc));
      expect(await provider.control.counts()).toEqual({
        tokenRequests: {
          client_credentials: { ok: 1, refused: 0 },
          refresh_token: { ok: 0, refused: 1 },
          other: { ok: 0, refused: 0 },
        },
        refreshRedeems: 0,
        introspections: { tokenkeeper: 1, api: 1 },
        revocations: 1,
      });
    } finally {
      await provider.close();
    }
  });

  it('says so where its port is taken', async () => {
    const provider = await startProvider();
    try {
      await expect(spawnProvider({ port: provider.port })).rejects.toThrow(/EADDRINUSE/);
    } finally {
      await provider.close();
    }
  });
});
