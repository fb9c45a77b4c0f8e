import { describe, expect, it } from 'vitest';
import { credentialNoticeOf, credentialNotices } from '../../src/core/credentials.js';
import { t0 } from './time.js';

const day = 86_400_000;
const idp = { issuer: 'idp', expiresAt: t0 };

describe('a credential of the keeper', () => {
  it.each([
    ['31 days before its end', 31 * day, null],
    ['a moment more than 30 days before', 30 * day + 1, null],
    ['30 days before', 30 * day, '30d'],
    ['a moment more than 7 days before', 7 * day + 1, '30d'],
    ['7 days before', 7 * day, '7d'],
    ['a day before', day, '1d'],
    ['a moment before', 1, '1d'],
    ['at its end', 0, 'expired'],
    ['a year after', -365 * day, 'expired'],
  ])('%s: %s ms', (_name, leftMs, threshold) => {
    const id = threshold && `credential-expiring:idp:${t0}:${threshold}`;
    expect(credentialNoticeOf(idp, t0 - leftMs)?.id ?? null).toBe(id);
  });

  it('says what dies, when, and what to do', () => {
    expect(credentialNoticeOf(idp, t0 - day)).toEqual({
      ...idp,
      id: `credential-expiring:idp:${t0}:1d`,
      reason: 'ExpiresSoon',
      message: 'the keeper’s own credential of issuer idp expires at 2027-01-01T00:00:00Z',
      do: 'renew the credential at the provider, then correct credentialExpiresAt',
    });
    expect(credentialNoticeOf(idp, t0)).toMatchObject({
      reason: 'Expired',
      message: expect.stringContaining(' expired at '),
    });
  });

  it('is announced once per threshold, in order, when checked every hour', () => {
    const told = new Set<string>();
    const lines: string[] = [];
    for (let at = t0 - 40 * day; at <= t0 + 40 * day; at += 3_600_000) {
      for (const { id } of credentialNotices([idp], at, told)) {
        told.add(id);
        lines.push(`${id.split(':').at(-1)} at ${(at - t0) / day} d`);
      }
    }
    expect(lines).toEqual(['30d at -30 d', '7d at -7 d', '1d at -1 d', 'expired at 0 d']);
  });

  it('is announced again with the same ids after a restart, and only the most urgent missed one', () => {
    const [first] = credentialNotices([idp], t0 - 6 * day, new Set());
    const [again] = credentialNotices([idp], t0 - 5 * day, new Set());
    expect(first?.id).toBe(`credential-expiring:idp:${t0}:7d`);
    expect(again).toEqual(first);
  });

  it('is another one once its end was corrected, and each issuer has its own', () => {
    const told = new Set([`credential-expiring:idp:${t0}:1d`]);
    const now = t0 - 1;
    const renewed = { issuer: 'idp', expiresAt: t0 + 29 * day };
    const other = { issuer: 'other', expiresAt: t0 };
    expect(credentialNotices([idp, other], now, told).map(({ issuer }) => issuer)).toEqual(['other']);
    expect(credentialNotices([renewed], now, told)).toMatchObject([
      { id: `credential-expiring:idp:${renewed.expiresAt}:30d` },
    ]);
  });
});
