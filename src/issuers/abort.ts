import { abortErrorFor } from '../common/abort.js';

/** The error of an aborted issuer call: `ProviderUnavailable` where its time was up, else `Cancelled`. */
export const abortError = abortErrorFor('ProviderUnavailable');

/** @throws TokenError as {@link abortError} where the signal is already aborted. */
export function throwIfAborted(signal: AbortSignal, place: string): void {
  if (signal.aborted) throw abortError(signal, place);
}
