import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to whoever asks for any (Linux: from 32768 on; IANA: from 49152 on), above the usual ones. */
const [first, count] = [20_000, 12_000] as const;

/**
 * A port that nobody listens on. Not one that the system gives: it may give that again, to the next who asks for any, before the server
 * that it is for has started. Not a usual one either, which another test's server would take or answer on.
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
