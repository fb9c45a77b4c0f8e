import type { JsonRow } from './json-fields.js';
import type { Leftover } from '../apply/left-sinks.js';
import type { Paint } from '../terminal/paint.js';
import type { PlanRow } from '../apply/plan.js';

const marks: Record<PlanRow['action'], string> = {
  add: '+',
  change: '~',
  rotate: '!',
  same: '=',
  undeclared: '-',
  leftover: '-',
  blocked: 'x',
};

/** The output of `plan` for people; unchanged tokens are left out. */
export function planLines(rows: readonly PlanRow[], paint: Paint): string[] {
  const shown = rows.filter(({ action }) => action !== 'same');
  const width = Math.max(0, ...shown.map(({ key }) => key.length));
  const colors: Partial<Record<PlanRow['action'], (text: string) => string>> = {
    add: paint.green,
    change: paint.yellow,
    rotate: paint.magenta,
    blocked: paint.red,
  };
  const lines = shown.map(({ key, action, words }) => {
    const color = colors[action] ?? ((text: string) => text);
    return `${color(marks[action])} ${key.padEnd(width)}  ${words}`;
  });
  const count = (action: PlanRow['action']): number => rows.filter((row) => row.action === action).length;
  const counts = (['add', 'change', 'rotate', 'leftover', 'blocked'] as const)
    .filter((action) => count(action) > 0)
    .map((action) => `${count(action)} ${action}`);
  const sum = counts.length === 0 ? 'Nothing to change' : counts.join(', ');
  return [...lines, `${sum}. No provider was asked for a token.`];
}

/** The same for programs, including unchanged tokens. */
export function planJson(rows: readonly (PlanRow | Leftover)[]) {
  return rows.map((row): JsonRow<'plan'> => {
    const { key, action, words } = row;
    return { key, action, words, sink: 'sink' in row ? row.sink : null };
  });
}
