import { createServer } from 'node:net';
import { TokenError } from '../core/errors.js';

const portsTried = 100;

/** Which port is wanted. */
export interface PortWish {
  /** What the port is for, in messages. */
  readonly title: string;
  /** Exactly this one, or an error. */
  readonly asked?: number | undefined;
  /** Where to start looking otherwise. */
  readonly from: number;
  /** Ports to leave free. */
  readonly except?: readonly number[] | undefined;
}

/**
 * A free loopback port: the asked one, or the first from `from` on.
 * @throws TokenError `PortTaken`
 */
export async function choosePort(wish: PortWish): Promise<number> {
  if (wish.asked !== undefined) {
    if (await isFree(wish.asked)) return wish.asked;
    throw new TokenError('PortTaken', `${wish.title}: port ${wish.asked} of 127.0.0.1 is taken`);
  }
  for (let port = wish.from; port < wish.from + portsTried; port++) {
    if (!wish.except?.includes(port) && (await isFree(port))) return port;
  }
  throw new TokenError('PortTaken', `${wish.title}: ports ${wish.from} to ${wish.from + portsTried - 1} are taken`);
}

/** Whether 127.0.0.1 can be listened on: also false where another process listens on all addresses. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
