import { abortErrorsOf } from '../common/abort.js';

/** Of an aborted issuer call: `ProviderUnavailable` where its time was up, else `Cancelled`. */
export const { abortError, throwIfAborted } = abortErrorsOf('ProviderUnavailable');
