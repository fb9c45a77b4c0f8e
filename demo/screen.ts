import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { paintState } from '../src/cli/views/well.js';
import type { TokenRow } from '../src/client/list.js';
import type { Job, KeptJob, PastedJob } from './job.js';

/** Everything that is shown. */
export interface View {
  readonly head: readonly string[];
  readonly rows: readonly TokenRow[];
  readonly kept: KeptJob;
  readonly pasted: PastedJob;
  /** Oldest first, with their time. */
  readonly lines: readonly string[];
  readonly now: number;
}

/** Time until an instant: `0:25`, `3h`, `26d`; `dead` when it has passed. */
function left(iso: string | null, now: number): string {
  if (iso === null) return 'never';
  const seconds = Math.round((Date.parse(iso) - now) / 1000);
  if (seconds < 0) return 'dead';
  if (seconds >= 2 * 86_400) return `${Math.floor(seconds / 86_400)}d`;
  if (seconds >= 2 * 3_600) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** `padEnd` for text with colors. */
function padPainted(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stripVTControlCharacters(text).length));
}

/** The table of tokens. */
function tokenTable(rows: readonly TokenRow[], now: number): string[] {
  const width = Math.max(5, ...rows.map(({ key }) => key.length));
  const line = (cells: readonly string[]): string => {
    const [key = '', state = '', generation = '', expires = '', renews = '', sinks = ''] = cells;
    return `${key.padEnd(width)}  ${padPainted(state, 15)} ${generation.padStart(4)}  ${expires.padEnd(8)} ${renews.padEnd(8)} ${sinks}`;
  };
  const body = rows.map((row) => {
    const sinks = row.sinks === null ? '-' : `${row.sinks.acknowledged}/${row.sinks.total}`;
    const renews = row.renewAt === null ? 'manual' : left(row.renewAt, now).replace('dead', 'now');
    return line([
      row.key,
      row.state === null ? '-' : paintState(pc, row.state),
      String(row.generation ?? 0),
      left(row.expiresAt, now),
      renews,
      sinks,
    ]);
  });
  return [pc.bold(line(['TOKEN', 'STATE', 'GEN', 'EXPIRES', 'RENEWS', 'SINKS'])), ...body];
}

/** The two jobs, side by side. */
function jobTable(kept: KeptJob, pasted: PastedJob): string[] {
  const line = (title: string, job: Job, note: string): string => {
    const failed = String(job.failed).padStart(7);
    return `  ${title.padEnd(20)} ${String(job.ok).padStart(5)} ${job.failed > 0 ? pc.red(failed) : failed}   ${note}`;
  };
  const waiting = kept.waiting > 1 ? `, ${kept.waiting} callers waiting` : '';
  const keptNote =
    kept.lastFailure !== null
      ? pc.red(kept.lastFailure)
      : pc.green(kept.generation === 0 ? '' : `gen ${kept.generation}${waiting}`);
  const died =
    pasted.failed > 0 ? pc.red(`${pasted.lastFailure ?? ''}  ← 2:14 a.m.`) : `gen ${pasted.token.generation}, pasted`;
  return [
    pc.bold(`${'SAME JOB, 1 call/s'.padEnd(22)} ${'OK'.padStart(5)} ${'FAILED'.padStart(7)}`),
    line('kept by tokenkeeper', kept, keptNote),
    line('pasted token', pasted, died),
  ];
}

const keys = '[r]otate [x] revoke behind its back [k]ill -9 worker [q]uit';

/** The whole screen, as lines that fit. */
export function renderScreen(view: View, size: { readonly rows: number; readonly columns: number }): string[] {
  const top = [...view.head, '', ...tokenTable(view.rows, view.now), '', ...jobTable(view.kept, view.pasted), ''];
  const room = Math.max(1, size.rows - top.length - 2);
  const log = view.lines.slice(-room).flatMap((line) => wrap(line, size.columns));
  return [...top, ...log.slice(-room), pc.inverse(keys)].slice(-size.rows).map((line) => cut(line, size.columns));
}

/** What of a line stands before the terminal's edge; its colors end all the same. */
function cut(line: string, columns: number): string {
  let shown = 0;
  return line.replace(/(\p{Cc}\[[\d;]*m)|./gsu, (part, color?: string) =>
    color !== undefined || shown++ < columns ? part : '',
  );
}

const indent = ' '.repeat('14:00:40 '.length);

/** Wraps a line of the log to the terminal's width; continuation lines align with its text. */
function wrap(line: string, columns: number): string[] {
  const wrapped: string[] = [];
  for (let left = line; ;) {
    const at = left.length <= columns ? -1 : left.lastIndexOf(' ', columns);
    if (at < indent.length) return [...wrapped, left.slice(0, columns)];
    wrapped.push(left.slice(0, at));
    left = indent + left.slice(at + 1);
  }
}
