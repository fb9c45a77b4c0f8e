import type { JsonRow } from '../views/json-fields.js';
import type { Paint } from '../terminal/paint.js';
import { errorJson } from '../report.js';
import { tableLines, type Column } from '../terminal/table.js';
import { isoOrNull, untilWords } from '../terminal/time-words.js';
import { plural } from '../terminal/words.js';
import { lackLines } from './lacks.js';
import type { ImportRow } from './judge.js';
import type { ImportOutcome } from './deliver.js';

const columns: readonly Column[] = [
  { title: 'TOKEN' },
  { title: 'ACTION' },
  { title: 'GEN' },
  { title: 'EXPIRES' },
  { title: 'FROM' },
];

const actions: readonly ImportRow['action'][] = ['import', 'replace', 'expiry', 'same', 'refused'];

/** The table of what will be done, reasons of refusals, what some tokens still need, and a summary. */
export function importLines(rows: readonly ImportRow[], paint: Paint, now: number): string[] {
  const cells = rows.map((row) => [
    row.key,
    row.action === 'refused' ? paint.red(row.action) : row.action,
    generationWords(row),
    row.action === 'refused' ? '-' : untilWords(row.expiresAt, now),
    row.from,
  ]);
  const refusals = rows.flatMap(({ key, refusal }) => {
    if (refusal === null) return [];
    const code = refusal.code === null ? '' : ` (${refusal.code})`;
    return [`x ${key}: ${refusal.message}${code}`, ...(refusal.do === null ? [] : [`  do: ${refusal.do}`])];
  });
  const lacks = rows.flatMap((row) => lackLines(row.key, row.lacks));
  const counts = actions
    .map((action) => ({ action, count: rows.filter((row) => row.action === action).length }))
    .filter(({ count }) => count > 0)
    .map(({ action, count }) => `${count} ${action}`);
  return [
    ...tableLines(columns, cells),
    ...refusals,
    ...lacks,
    `${plural(rows.length, 'token')}: ${counts.join(', ')}`,
  ];
}

function generationWords({ action, before, generation }: ImportRow): string {
  if (action === 'refused' || action === 'same') return before === 0 ? '-' : String(before);
  return before === 0 ? String(generation) : `${before} → ${generation}`;
}

/** The same for programs; `done` and `sinks` are known after it was carried out. */
export function importJson(rows: readonly ImportRow[], outcomes: ReadonlyMap<string, ImportOutcome>) {
  return rows.map((row): JsonRow<'import'> => {
    const outcome = outcomes.get(row.key);
    const error = outcome?.error ?? null;
    return {
      key: row.key,
      from: row.from,
      action: row.action,
      generation: row.generation,
      expiresAt: isoOrNull(row.expiresAt),
      lacks: row.lacks,
      error: row.refusal ?? (error && errorJson(error, row.key)),
      done: outcome !== undefined,
      sinks: outcome?.sinks ?? null,
    };
  });
}
