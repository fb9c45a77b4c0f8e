import type { NativeConnection } from '@temporalio/worker';
import { unreachable } from './client/open-connection.js';
import { connectClient, resolveServer, type ConnectOptions } from './connect.js';

/** Connects a worker. @throws TokenError `ConfigInvalid`, `ServerUnavailable`, `ServerRefused` */
export async function connectWorker(
  options: ConnectOptions = {},
): Promise<{ connection: NativeConnection; namespace: string; address: string }> {
  const { connectionOptions, namespace } = resolveServer(options);
  // Loaded here, because it brings the native worker, which a client has no use for.
  const { NativeConnection } = await import('@temporalio/worker');
  const connection = await NativeConnection.connect(connectionOptions).catch(async () => {
    // Its errors have no code: those of a client do.
    await (await connectClient(options)).close();
    throw unreachable(connectionOptions.address);
  });
  return { connection, namespace, address: connectionOptions.address };
}
