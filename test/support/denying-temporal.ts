import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A server that speaks gRPC over HTTP/2 and refuses, as Temporal Cloud does with an unknown key. */
export interface DenyingTemporal {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** Its answer: a code of https://grpc.io/docs/guides/status-codes/. */
  code: number;
  /** Whether it answers GetSystemInfo before it refuses the rest: some servers let anybody ask that. */
  greets: boolean;
  /** How many calls it refuses before it answers all others; default: all. */
  refusals: number;
  /** The `authorization` of each call since it was emptied. */
  seen: string[];
  close(): Promise<void>;
}

export async function startDenyingTemporal(): Promise<DenyingTemporal> {
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const it: DenyingTemporal = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    code: 16,
    greets: false,
    refusals: Infinity,
    seen: [],
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
  server.on('stream', (stream, headers) => {
    it.seen.push(String(headers.authorization));
    stream.on('error', () => {}); // the caller has gone
    const isGreeting = it.greets && headers[':path']?.endsWith('/GetSystemInfo') === true;
    if (isGreeting || it.refusals-- <= 0) {
      stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      // An empty message: not compressed, zero bytes long.
      stream.end(Buffer.alloc(5));
      return;
    }
    // A trailers-only answer ends with its headers.
    stream.respond(
      { 'content-type': 'application/grpc', 'grpc-status': it.code, 'grpc-message': 'no' },
      { endStream: true },
    );
  });
  return it;
}
