import { TokenError } from '../core/errors.js';

/** What an aborted call throws: `SinkUnavailable` where its time was up (the sink was too slow), else `Cancelled`. */
export function abortError(signal: AbortSignal, where: string): TokenError {
  const reason: unknown = signal.reason;
  if (reason instanceof TokenError) return reason;
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return new TokenError('SinkUnavailable', `${where}: no answer in time`);
  }
  return new TokenError('Cancelled', `${where}: the work was cancelled`);
}

/** @throws the `abortError` of an aborted signal. */
export function throwIfAborted(signal: AbortSignal, where: string): void {
  if (signal.aborted) throw abortError(signal, where);
}
