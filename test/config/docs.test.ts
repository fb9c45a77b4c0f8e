import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtInDefaults } from '../../src/config/compile.js';
import { formatDuration } from '../../src/core/duration.js';
import { parseConfig } from '../../src/config/load.js';
import { formatProblem, problemTable } from '../../src/config/problems.js';
import { builtInRegistries } from '../../src/config/registries.js';
import { defaultsSchema, notifySchema, tokenSchema } from '../../src/config/schema.js';

const docs = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8');
/** Table rows by the name in their first cell. */
const rows = new Map(
  [...docs.matchAll(/^\| `([A-Za-z0-9]+)` +\|(.*)\|$/gm)].map(([, name, rest]) => [name, rest?.trim()]),
);

describe('docs/config.md', () => {
  it.each([...docs.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text], index) => [index + 1, text ?? ''] as const))(
    'example %d is a good configuration',
    (_, text) => {
      const loaded = parseConfig([{ file: 'docs', text }], builtInRegistries);
      expect(loaded.ok ? [] : loaded.problems.map(formatProblem)).toEqual([]);
    },
  );

  it.each(Object.entries(problemTable))('lists the problem %s with its remedy', (code, remedy) => {
    expect(rows.get(code)?.replaceAll('\\', '')).toBe(remedy);
  });

  it.each(Object.keys(tokenSchema.shape))('explains the setting %s of a token', (setting) => {
    expect(rows.has(setting)).toBe(true);
  });

  it('tells the defaults that are built in', () => {
    expect(rows.get('renewBefore')).toContain(`${builtInDefaults.renewBefore.ratio * 100}%`);
    expect(rows.get('grace')).toContain(formatDuration(builtInDefaults.graceMs));
    expect(rows.get('remind')).toContain(builtInDefaults.remindMs.map(formatDuration).join(', '));
    expect(rows.get('reconcile')).toContain(formatDuration(builtInDefaults.reconcileMs));
  });

  it('tells what defaults may not hold', () => {
    const without = Object.keys(tokenSchema.shape).filter((setting) => !Object.hasOwn(defaultsSchema.shape, setting));
    expect(without).toEqual(['scopes', 'expect', 'expiresAt']);
    expect(docs).toContain('every setting of this table except `scopes`, `expect` and `expiresAt`');
  });

  it('names every event of notify, in their order', () => {
    const events = notifySchema.shape.events.unwrap().element.options;
    expect(docs.replaceAll(/\s+/g, ' ')).toContain(`\`events\` (${events.map((event) => `\`${event}\``).join(', ')})`);
  });
});
