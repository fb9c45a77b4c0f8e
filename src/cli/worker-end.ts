import { TokenError } from '../core/errors.js';
import { asTokenError, framesOf } from '../core/unexpected.js';
import type { Log } from '../drivers.js';

/**
 * Why a worker that nobody stopped has ended, for who started it; its log tells it, too, which is where people look.
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
