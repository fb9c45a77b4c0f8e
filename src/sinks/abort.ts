import { abortErrorFor } from '../abort.js';

/** What an aborted call of a sink means: `SinkUnavailable` where its time was up (the sink was too slow), else `Cancelled`. */
export const abortError = abortErrorFor('SinkUnavailable');

/** @throws the `abortError` of an aborted signal. */
export function throwIfAborted(signal: AbortSignal, where: string): void {
  if (signal.aborted) throw abortError(signal, where);
}
