import { createServer, type Server } from 'node:net';
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
  /** Ports that are meant for something else. */
  readonly except?: readonly number[] | undefined;
}

/**
 * A free loopback port: the asked one, or the first from `from` on. Another process may take it until it is listened on: see `listenOn`.
 * @throws TokenError `PortTaken`
 */
export async function choosePort(wish: PortWish): Promise<number> {
  const server = createServer();
  const port = await listenOn(server, wish);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Listens on a free loopback port: the asked one, or the first from `from` on.
 * @throws TokenError `PortTaken`
 */
export async function listenOn(server: Server, wish: PortWish): Promise<number> {
  if (wish.asked !== undefined) {
    if (wish.except?.includes(wish.asked) === true) throw wantedTwice(wish.title, wish.asked);
    if (await listens(server, wish.asked)) return wish.asked;
    throw new TokenError('PortTaken', `${wish.title}: port ${wish.asked} of 127.0.0.1 is taken`);
  }
  for (let port = wish.from; port < wish.from + portsTried; port++) {
    if (!wish.except?.includes(port) && (await listens(server, port))) return port;
  }
  throw new TokenError('PortTaken', `${wish.title}: ports ${wish.from} to ${wish.from + portsTried - 1} are taken`);
}

const wantedTwice = (title: string, port: number): TokenError =>
  new TokenError('PortTaken', `${title}: port ${port} is wanted for something else, too`, {
    do: 'choose another port',
  });

/** False where 127.0.0.1 cannot be listened on: also where another process listens on all addresses. */
function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (listens: boolean): void => {
      server.off('listening', accepted).off('error', refused);
      resolve(listens);
    };
    const accepted = (): void => settle(true);
    const refused = (): void => settle(false);
    server.on('listening', accepted).on('error', refused).listen({ host: '127.0.0.1', port, exclusive: true });
  });
}
