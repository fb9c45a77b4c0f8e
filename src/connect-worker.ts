import type { NativeConnection } from '@temporalio/worker';
import { resolveServer, type ConnectOptions } from './connect.js';
import { explainWorkerError } from './worker/explain.js';

/** Connects a worker. @throws TokenError `ConfigInvalid`, `ServerUnavailable`, `ServerRefused`; as it came what a client does not meet */
export async function connectWorker(
  options: ConnectOptions = {},
): Promise<{ connection: NativeConnection; namespace: string; address: string }> {
  const { connectionOptions, namespace } = resolveServer(options);
  // Loaded here, because it brings the native worker, which a client has no use for.
  const { NativeConnection } = await import('@temporalio/worker');
  const connection = await NativeConnection.connect(connectionOptions).catch(async (error: unknown) => {
    throw await explainWorkerError(error, options);
  });
  return { connection, namespace, address: connectionOptions.address };
}
