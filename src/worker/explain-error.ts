import { describeNamespace } from '../client/describe-namespace.js';
import { serverErrorOf } from '../client/server-errors.js';
import { connectClient, type ConnectOptions } from '../connect.js';

/**
 * Why a worker could not connect, start or continue. Errors of its native side have no code, so a client calls the same server once more:
 * its errors do.
 * @returns TokenError `ConfigInvalid`, `ServerRefused` or `ServerUnavailable` where the client gets the same; any other error unchanged
 */
export async function explainWorkerError(error: unknown, options: ConnectOptions = {}): Promise<unknown> {
  // Loaded by now: by whoever got this error.
  const { TransportError } = await import('@temporalio/worker');
  if (!(error instanceof TransportError)) return error;
  try {
    const connected = await connectClient(options);
    try {
      await describeNamespace(connected.connection, connected.namespace);
    } finally {
      await connected.close();
    }
  } catch (heard) {
    return serverErrorOf(heard);
  }
  return error;
}
