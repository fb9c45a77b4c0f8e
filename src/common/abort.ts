import { TokenError } from '../core/errors.js';

/**
 * Makes the error of an aborted call: a reason that is a TokenError is used as it is, one named `TimeoutError` (from
 * `AbortSignal.timeout`) becomes `late`, anything else `Cancelled`.
 */
export function abortErrorFor(late: 'ProviderUnavailable' | 'SinkUnavailable') {
  /** @param place - what did not answer, e.g. `token endpoint of id.example.com` */
  return ({ reason }: { readonly reason: unknown }, place: string): TokenError => {
    if (reason instanceof TokenError) return reason;
    const isLate = reason instanceof Error && reason.name === 'TimeoutError';
    return isLate
      ? new TokenError(late, `${place}: no answer in time`)
      : new TokenError('Cancelled', `${place}: the call was cancelled`);
  };
}
