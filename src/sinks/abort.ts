import { abortErrorFor } from '../common/abort.js';

/** The error of an aborted sink call: `SinkUnavailable` where its time was up (the sink was too slow), else `Cancelled`. */
export const abortError = abortErrorFor('SinkUnavailable');

/** @throws the `abortError` of an aborted signal. */
export function throwIfAborted(signal: AbortSignal, where: string): void {
  if (signal.aborted) throw abortError(signal, where);
}
