import type { NativeConnection } from '@temporalio/worker';
import { resolveServer, type ConnectOptions } from './connect.js';
import { explainWorkerError } from './worker/explain-error.js';

/** Connects a worker. @throws TokenError `ConfigInvalid`, `ServerUnavailable`, `ServerRefused`; an error that a client does not get, unchanged */
export async function connectWorker(
  options: ConnectOptions = {},
): Promise<{ connection: NativeConnection; namespace: string; address: string }> {
  const { connectionOptions, namespace } = resolveServer(options);
  // Loaded here, because it brings the native worker, which a client does not need.
  const { NativeConnection } = await import('@temporalio/worker');
  const connection = await NativeConnection.connect(connectionOptions).catch(async (error: unknown) => {
    throw await explainWorkerError(error, options);
  });
  return { connection, namespace, address: connectionOptions.address };
}
