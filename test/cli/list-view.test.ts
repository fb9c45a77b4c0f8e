import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { paintFor } from '../../src/cli/terminal/paint.js';
import { listLines } from '../../src/cli/views/list.js';
import type { TokenRow } from '../../src/client/list.js';
import { minute, t0 } from '../core/time.js';

const paint = paintFor(new PassThrough(), {});
const row: TokenRow = {
  key: 'test/token',
  state: 'healthy',
  generation: 3,
  expiresAt: new Date(t0 + 20 * minute).toISOString(),
  renewAt: new Date(t0 + 10 * minute).toISOString(),
  sinks: { acknowledged: 2, total: 2 },
  owner: 'web',
  issuer: 'idp',
};

test('shows no time of renewal for a token that is paused: it is not renewed then', () => {
  const renews = (state: TokenRow['state']): string | undefined =>
    /\d+m +(\w+)/.exec(listLines([{ ...row, state }], t0, paint, false)[1] ?? '')?.[1];
  expect(renews('healthy')).toBe('10m');
  expect(renews('paused')).toBe('paused');
});
