import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A free port that the system gives: not a usual one, which another test's server would take or answer on. */
export async function unusedPort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}
