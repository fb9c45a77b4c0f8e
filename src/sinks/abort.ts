import { abortErrorsOf } from '../common/abort.js';

/** Of an aborted sink call: `SinkUnavailable` where its time was up (the sink was too slow), else `Cancelled`. */
export const { abortError, throwIfAborted } = abortErrorsOf('SinkUnavailable');
