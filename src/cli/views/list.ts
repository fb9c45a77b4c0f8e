import type { TokenRow } from '../../client/list.js';
import { isEnding } from '../../core/lifecycle/headline.js';
import { overdueAtOf } from '../../core/lifecycle/renewal.js';
import type { Paint } from '../terminal/paint.js';
import { tableLines, type Column } from '../terminal/table.js';
import { untilWords } from '../terminal/time-words.js';
import { plural } from '../terminal/words.js';
import { isWellState, paintState } from './well.js';

/** Whether a renewal is so late that people should know. */
export function isRowOverdue({ renewAt, expiresAt, state }: TokenRow, now: number): boolean {
  if (renewAt === null || expiresAt === null || isEnding(state)) return false;
  return now >= overdueAtOf(Date.parse(renewAt), Date.parse(expiresAt));
}

/** Whether `--check` passes; an unknown state does not. */
export function isWell(row: TokenRow, now: number): boolean {
  return row.state !== null && isWellState(row.state) && !isRowOverdue(row, now);
}

const columns: readonly Column[] = [
  { title: 'NAME' },
  { title: 'STATE' },
  { title: 'GEN', align: 'right' },
  { title: 'EXPIRES' },
  { title: 'RENEWS' },
  { title: 'SINKS' },
  { title: 'OWNER' },
];

/** The table of `list`; `wide` adds the issuer and the instants. */
export function listLines(rows: readonly TokenRow[], now: number, paint: Paint, wide: boolean): string[] {
  const extra: readonly Column[] = wide ? [{ title: 'ISSUER' }, { title: 'EXPIRES AT' }, { title: 'RENEWS AT' }] : [];
  const cells = rows.map((row) => [
    row.key,
    row.state === null ? '-' : paintState(paint, row.state),
    String(row.generation ?? '-'),
    expiresWords(row, now),
    renewsWords(row, now),
    row.sinks === null ? '-' : `${row.sinks.acknowledged}/${row.sinks.total}`,
    row.owner ?? '-',
    ...(wide ? [row.issuer ?? '-', row.expiresAt ?? '-', row.renewAt ?? '-'] : []),
  ]);
  return [...tableLines([...columns, ...extra], cells), summary(rows, now)];
}

function expiresWords({ generation, expiresAt }: TokenRow, now: number): string {
  if (!generation) return '-';
  return untilWords(expiresAt === null ? null : Date.parse(expiresAt), now);
}

/** A token that expires and is never due is renewed by a person. The index does not say until when a pause lasts. */
function renewsWords({ generation, expiresAt, renewAt, state }: TokenRow, now: number): string {
  if (renewAt !== null && state === 'paused') return state;
  if (renewAt !== null) return Date.parse(renewAt) <= now ? 'now' : untilWords(Date.parse(renewAt), now);
  return generation && (expiresAt !== null || state === 'tracked') ? 'manual' : '-';
}

function summary(rows: readonly TokenRow[], now: number): string {
  const counts = new Map<string, number>();
  for (const { state } of rows) {
    const word = (state ?? 'unknown').replaceAll('-', ' ');
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const parts = [...counts].map(([state, count]) => `${count} ${state}`);
  const overdue = rows.filter((row) => isRowOverdue(row, now)).length;
  return `${plural(rows.length, 'token')}${rows.length === 0 ? '' : `: ${[...parts, `${overdue} overdue`].join(', ')}`}`;
}
