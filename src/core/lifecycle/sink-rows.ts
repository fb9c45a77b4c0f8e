import type { ErrorWords } from '../errors.js';
import type { SinkSpec } from '../spec.js';

/** Why a sink lags; `at` in Unix ms. */
export interface SinkError extends ErrorWords {
  readonly at: number;
}

/** What is known of one consumer. */
export interface SinkRow {
  /** The generation it acknowledged; 0: none. */
  readonly acknowledged: number;
  /** Unix ms, by Temporal's clock. */
  readonly acknowledgedAt: number | null;
  /** Unix ms since when it has a lane; null: it has none. */
  readonly laggingSince: number | null;
  readonly error: SinkError | null;
  readonly holdsForMs: number;
  /** Whether the acknowledged generation was read back from the sink; undefined: unknown, as where the consumer acknowledged it itself. */
  readonly readBack?: boolean | undefined;
  /** It holds what we did not write. */
  readonly drifted: boolean;
}

/** The row of a sink that has nothing yet. */
function emptySinkRow(): SinkRow {
  return { acknowledged: 0, acknowledgedAt: null, laggingSince: null, error: null, holdsForMs: 0, drifted: false };
}

/** A sink's row; its id may be a name that every object has, such as `constructor`. */
export function sinkRowOf(rows: Readonly<Record<string, SinkRow>>, id: string): SinkRow | undefined {
  return Object.hasOwn(rows, id) ? rows[id] : undefined;
}

/** The rows with each one replaced by what `change` makes of it. */
export function mapSinks(
  rows: Readonly<Record<string, SinkRow>>,
  change: (row: SinkRow, id: string) => SinkRow,
): Record<string, SinkRow> {
  return Object.fromEntries(Object.entries(rows).map(([id, row]) => [id, change(row, id)]));
}

/** Rows for the sinks of a spec, keeping the known ones. */
export function sinkRowsFor(
  sinks: readonly SinkSpec[],
  known: Readonly<Record<string, SinkRow>> = {},
): Record<string, SinkRow> {
  return Object.fromEntries(sinks.map((sink) => [sink.id, sinkRowOf(known, sink.id) ?? emptySinkRow()]));
}
