import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ephemeral ports (Linux: from 32768; IANA: from 49152), above the usual ones. */
const [first, count] = [20_000, 12_000] as const;

/**
 * A free port. Not an ephemeral one: the system may give that to the next process before the server has started. Not a usual one either,
 * which another test's server would take or answer on.
 */
export async function unusedPort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * count);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const listener = createServer();
  const listening = once(listener, 'listening').then(
    () => true,
    () => false,
  );
  listener.listen(port, '127.0.0.1');
  if (!(await listening)) return false;
  listener.close();
  await once(listener, 'close');
  return true;
}
