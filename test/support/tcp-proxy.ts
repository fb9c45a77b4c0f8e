import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A proxy to a server that a test can interrupt: for clients, the server is then gone. */
export interface TcpProxy {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** How many it has accepted. */
  readonly connections: number;
  /** `refuse`: nothing listens any more. `hang`: connections are accepted but never answered. */
  away(how: 'refuse' | 'hang'): Promise<void>;
  /** The server is there again, on the same port. */
  back(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param target - `host:port`
 * @param port - where to listen; default: any free one
 */
export async function startTcpProxy(target: string, port = 0): Promise<TcpProxy> {
  const [host = '', targetPort] = target.split(':');
  const sockets = new Set<Socket>();
  let isHanging = false;
  let connections = 0;
  let server: Server;

  function track(socket: Socket): Socket {
    sockets.add(socket);
    // Connections that are cut off emit an error.
    return socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  }
  async function open(): Promise<void> {
    server = createServer((near) => {
      track(near);
      connections++;
      if (isHanging) return;
      const far = track(connect(Number(targetPort), host));
      near.pipe(far).pipe(near);
      near.once('close', () => far.destroy());
      far.once('close', () => near.destroy());
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  }
  async function shut(): Promise<void> {
    const closed = server.listening ? once(server, 'close') : null;
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await open();
  return {
    address: `127.0.0.1:${port}`,
    get connections() {
      return connections;
    },
    async away(how) {
      await shut();
      isHanging = how === 'hang';
      if (isHanging) await open();
    },
    async back() {
      await shut();
      isHanging = false;
      await open();
    },
    close: shut,
  };
}
