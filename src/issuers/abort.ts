import { TokenError } from '../core/errors.js';

/**
 * What an abort means: `Cancelled`, or `ProviderUnavailable` where time ran out (a reason named `TimeoutError`, as of `AbortSignal.timeout`).
 * A reason that is a TokenError speaks for itself. @param place what did not answer, e.g. `token endpoint of id.example.com`.
 */
export function abortError(signal: AbortSignal, place: string): TokenError {
  const reason: unknown = signal.reason;
  if (reason instanceof TokenError) return reason;
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError';
  return timedOut
    ? new TokenError('ProviderUnavailable', `${place} gave no answer in time`)
    : new TokenError('Cancelled', `the call to the ${place} was cancelled`);
}

/** @throws TokenError as of {@link abortError} where the signal is aborted already. */
export function throwIfAborted(signal: AbortSignal, place: string): void {
  if (signal.aborted) throw abortError(signal, place);
}
