import { abortErrorFor } from '../abort.js';

/** What an aborted call of an issuer means: `ProviderUnavailable` where its time was up, else `Cancelled`. */
export const abortError = abortErrorFor('ProviderUnavailable');

/** @throws TokenError as of {@link abortError} where the signal is aborted already. */
export function throwIfAborted(signal: AbortSignal, place: string): void {
  if (signal.aborted) throw abortError(signal, place);
}
