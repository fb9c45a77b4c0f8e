import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { KeptJob, PastedJob } from '../../demo/job.js';
import { renderScreen, type View } from '../../demo/screen.js';

const unused = {} as ConstructorParameters<typeof KeptJob>[2];
const view = (lines: readonly string[]): View => ({
  head: ['head'],
  rows: [
    {
      key: 'staging/billing-api',
      state: 'healthy',
      generation: 7,
      expiresAt: '2026-11-24T14:00:25Z',
      renewAt: '2026-11-24T14:00:05Z',
      sinks: { acknowledged: 2, total: 2 },
      owner: null,
      issuer: null,
    },
  ],
  kept: new KeptJob('', '', unused, () => undefined),
  pasted: new PastedJob('', { value: 'x', generation: 1 } as PastedJob['token']),
  lines,
  now: Date.parse('2026-11-24T14:00:00Z'),
});
const shown = (lines: readonly string[], rows: number, columns: number): string[] =>
  renderScreen(view(lines), { rows, columns }).map(stripVTControlCharacters);

test('the table, both jobs, the log and the keys stand below each other', () => {
  expect(shown(['14:00:00 one'], 24, 80)).toEqual([
    'head',
    '',
    'TOKEN                STATE            GEN  EXPIRES  RENEWS   SINKS',
    'staging/billing-api  healthy            7  0:25     0:05     2/2',
    '',
    'SAME JOB, 1 call/s        OK  FAILED',
    '  kept by tokenkeeper      0       0   ',
    '  pasted token             0       0   gen 1, pasted',
    '',
    '14:00:00 one',
    '[r]otate [x] revoke behind its back [k]ill -9 worker [q]uit',
  ]);
});

test.each([
  [39, ['14:00:00 kept: 401 on gen 2 → reported', '         → probe: dead → gen 3, ok']],
  [40, ['14:00:00 kept: 401 on gen 2 → reported →', '         probe: dead → gen 3, ok']],
  [64, ['14:00:00 kept: 401 on gen 2 → reported → probe: dead → gen 3, ok']],
  [12, ['14:00:00 kep']],
])('a line of the log that is longer than the %i columns goes on below', (columns, lines) => {
  const log = shown(['14:00:00 kept: 401 on gen 2 → reported → probe: dead → gen 3, ok'], 24, columns).slice(9, -1);
  expect(log).toEqual(lines);
});

test('the newest lines are shown where not all have room', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `14:00:00 ${'word '.repeat(10)}${index}`);
  const screen = shown(lines, 16, 40);
  expect(screen).toHaveLength(15);
  expect(screen.slice(-2)).toEqual(['         word word word word 29', expect.stringMatching(/^\[r\]otate/)]);
});

test('a terminal that is too low gets no more lines than it has', () => {
  const screen = shown(['14:00:00 one'], 6, 80);
  expect(screen).toHaveLength(6);
  expect(screen.slice(-2)).toEqual(['14:00:00 one', expect.stringMatching(/^\[r\]otate/)]);
});

test('a terminal that is too narrow gets no line that it would wrap', () => {
  const screen = shown(['14:00:00 one'], 24, 40);
  expect(screen.slice(2, 4)).toEqual([
    'TOKEN                STATE            GE',
    'staging/billing-api  healthy            ',
  ]);
  expect(screen.at(-1)).toBe('[r]otate [x] revoke behind its back [k]i');
});
