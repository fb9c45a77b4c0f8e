import { TransportError } from '@temporalio/worker';
import { serverErrorOf } from '../client/server-errors.js';
import { connectClient, type ConnectOptions } from '../connect.js';

/**
 * Why a worker could not connect, begin or go on. The errors of its native side have no code, so that the client asks the same server once
 * more, whose errors do.
 * @returns TokenError `ServerRefused` or `ServerUnavailable` where the client hears the same; all else as it came
 */
export async function explainWorkerError(error: unknown, options: ConnectOptions = {}): Promise<unknown> {
  if (!(error instanceof TransportError)) return error;
  try {
    const connected = await connectClient(options);
    const { namespace } = connected;
    try {
      await connected.connection.workflowService.describeNamespace({ namespace });
    } finally {
      await connected.close();
    }
  } catch (heard) {
    return serverErrorOf(heard);
  }
  return error;
}
