import type { ErrorCode } from '../../core/errors.js';
import { asTokenError } from '../../core/unexpected.js';

/** The result of one check. */
export interface Finding {
  readonly level: 'good' | 'warning' | 'bad';
  readonly what: string;
  readonly detail: string;
  readonly remedy: string | null;
}

const findingOf =
  (level: Finding['level']) =>
  (what: string, detail: string, remedy: string): Finding => ({ level, what, detail, remedy });

export const good = (what: string, detail: string): Finding => ({ level: 'good', what, detail, remedy: null });
export const bad = findingOf('bad');
export const warning = findingOf('warning');

/** The result of a check, or the finding where it failed. */
export type Attempted<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: ErrorCode; readonly finding: Finding };

/** Runs a check; an error becomes a finding. */
export async function attempt<T>(what: string, look: () => Promise<T>): Promise<Attempted<T>> {
  try {
    return { ok: true, value: await look() };
  } catch (error) {
    const { message, code, do: remedy } = asTokenError(error);
    // The worker may have what this shell lacks, as a variable that was exported where `up` runs.
    const seen = code === 'ReferenceUnresolved' ? `${remedy}; seen from this shell, the worker has its own` : remedy;
    return { ok: false, code, finding: bad(what, `${message} (${code})`, seen) };
  }
}
