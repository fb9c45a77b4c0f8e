import { expect, it } from 'vitest';
import { pruneable } from '../../src/cli/apply/prune.js';
import { isRowOverdue, isWell } from '../../src/cli/views/list.js';
import { rowNow } from '../../src/client/row-now.js';
import { headlines } from '../../src/core/lifecycle/headline.js';
import { tokenSpec } from '../support/lifecycle.js';
import type { TokenRow } from '../../src/client/list.js';

const row = (key: string, more: Partial<TokenRow> = {}): TokenRow => ({
  key,
  state: 'healthy',
  generation: 1,
  expiresAt: null,
  renewAt: null,
  sinks: { acknowledged: 1, total: 1 },
  owner: null,
  issuer: 'idp',
  ...more,
});

it('a configuration of staging prunes nothing of production', () => {
  const rows = ['staging/kept', 'staging/old', 'production/old'].map((key) => row(key));
  const declared = [tokenSpec({ key: 'staging/kept' })];
  expect(pruneable(rows, declared).map(({ key }) => key)).toEqual(['staging/old']);
  expect(pruneable(rows, [])).toEqual([]);
});

it('a token that is being revoked is not revoked once more, and not said to be kept', () => {
  const rows = [row('staging/old', { state: 'revoked' }), row('staging/let-go', { state: 'forgotten' })];
  expect(pruneable(rows, [tokenSpec({ key: 'staging/kept' })]).map(({ key }) => key)).toEqual(['staging/let-go']);
});

it('a value that expired since it was published is shown as expired', () => {
  const at = Date.parse('2027-01-01T00:00:00Z');
  const dead = row('a/b', { expiresAt: '2026-12-31T23:59:59Z' });
  expect(rowNow(dead, at).state).toBe('expired');
  expect(rowNow({ ...dead, state: 'revoked' }, at).state).toBe('revoked');
  expect(rowNow({ ...dead, state: 'forgotten' }, at).state).toBe('forgotten');
  expect(rowNow(row('a/b', { expiresAt: '2027-01-01T00:00:01Z' }), at).state).toBe('healthy');
});

it.each([
  { title: 'before half of the time that was left', at: '2027-01-01T00:29:59Z', overdue: false },
  { title: 'from then on', at: '2027-01-01T00:30:00Z', overdue: true },
])('a renewal is overdue $title: $overdue', ({ at, overdue }) => {
  const late = row('a/b', { renewAt: '2027-01-01T00:00:00Z', expiresAt: '2027-01-01T01:00:00Z' });
  expect(isRowOverdue(late, Date.parse(at))).toBe(overdue);
  expect(isWell(late, Date.parse(at))).toBe(!overdue);
});

it('of all states, those that need nobody are well', () => {
  const well = headlines.filter((state) => isWell(row('a/b', { state }), 0));
  expect(well).toEqual(['healthy', 'tracked', 'renewing']);
});

it('what is not known is not well', () => {
  expect(isWell(row('a/b', { state: null }), 0)).toBe(false);
});
