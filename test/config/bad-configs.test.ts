import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { formatProblem, problemTable } from '../../src/config/problems.js';
import { all, groups } from './bad/all.js';
import { testRegistries } from './drivers.js';

function problemsOf(text: string): string[] {
  const loaded = parseConfig([{ file: 'tokens.yaml', text }], testRegistries());
  return loaded.ok ? [] : loaded.problems.map(formatProblem);
}

describe.each(Object.entries(groups))('a bad configuration (%s)', (_, rows) => {
  it.each(rows)('%s is refused with its place, message and remedy', (_name, text, expected) => {
    const lines = expected.map((line) => `tokens.yaml:${line.replace(') → ', ')\n  do: ')}`);
    expect(problemsOf(text)).toEqual(lines);
    expect(lines.length).toBeGreaterThan(0);
  });
});

describe('the table of bad configurations', () => {
  it('has no two rows of the same name', () => {
    expect(new Set(all.map(([name]) => name)).size).toBe(all.length);
  });

  it('never shows a secret', () => {
    expect(all.filter(([, text]) => text.includes('hunter2')).length).toBeGreaterThan(5);
    expect(all.flatMap(([, , problems]) => problems).filter((problem) => problem.includes('hunter2'))).toEqual([]);
  });

  it('has a row for every code that a text alone can have', () => {
    const seen = new Set(
      all.flatMap(([, , problems]) => problems.map((problem) => /\(([A-Za-z0-9]+)\) →/.exec(problem)?.[1])),
    );
    const ofFiles = ['FileUnreadable', 'FileTooLarge', 'NotUtf8'];
    const ofModules = Object.keys(problemTable).filter((code) => /^Driver[A-Z]/.test(code));
    const others = new Set([...ofFiles, ...ofModules]);
    expect(Object.keys(problemTable).filter((code) => !seen.has(code) && !others.has(code))).toEqual([]);
  });
});
