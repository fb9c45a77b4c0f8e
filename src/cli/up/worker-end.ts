import { TokenError } from '../../core/errors.js';
import { asTokenError, framesOf } from '../../core/unexpected.js';
import type { Log } from '../../drivers.js';

/**
 * Why a worker has ended that nobody stopped. It is also logged, since people look there.
 * @param remedy - where its own error has none
 */
export async function endOfWorker(running: Promise<void>, log: Log, remedy: string): Promise<unknown> {
  try {
    await running;
    return new TokenError('ServerUnavailable', 'the worker has stopped', { do: remedy });
  } catch (error) {
    const { code, message } = asTokenError(error, 'worker');
    log.error('the worker has failed', { code, message, at: framesOf(error) });
    return error;
  }
}
