import { TokenError } from '../core/errors.js';

/** @param late - the code where the time of the call was up */
export function abortErrorsOf(late: 'ProviderUnavailable' | 'SinkUnavailable') {
  /**
   * Makes the error of an aborted call: a reason that is a TokenError is used as it is, one named `TimeoutError` (from
   * `AbortSignal.timeout`) becomes `late`, anything else `Cancelled`.
   * @param place - what did not answer, e.g. `token endpoint of id.example.com`
   */
  const abortError = ({ reason }: { readonly reason: unknown }, place: string): TokenError => {
    if (reason instanceof TokenError) return reason;
    const isLate = reason instanceof Error && reason.name === 'TimeoutError';
    return isLate
      ? new TokenError(late, `${place}: no answer in time`)
      : new TokenError('Cancelled', `${place}: the call was cancelled`);
  };
  const throwIfAborted = (signal: AbortSignal, place: string): void => {
    if (signal.aborted) throw abortError(signal, place);
  };
  return { abortError, throwIfAborted };
}
