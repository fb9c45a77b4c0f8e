import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { SecureVersion } from 'node:tls';
import { generate } from 'selfsigned';

/** PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

interface LeafOptions {
  /** Default: `localhost`. */
  readonly name?: string;
  readonly isExpired?: boolean;
}

const day = 86_400_000;

/** A test's own certificate authority. */
export class Authority {
  private constructor(readonly own: Certificate) {}

  static async create(name: string): Promise<Authority> {
    return new Authority(
      await make(name, [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, critical: true },
      ]),
    );
  }

  /** A certificate for a server or a client. */
  sign({ name = 'localhost', isExpired = false }: LeafOptions = {}): Promise<Certificate> {
    const extensions: Extensions = [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ];
    const notAfterDate = new Date(Date.now() + (isExpired ? -day : day));
    return make(name, extensions, { ca: this.own, notAfterDate });
  }
}

type Options = NonNullable<Parameters<typeof generate>[1]>;
type Extensions = NonNullable<Options['extensions']>;

async function make(name: string, extensions: Extensions, options: Options = {}): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 10 * day),
    extensions,
    ...options,
  });
  return { cert: made.cert, key: made.private };
}

export interface TlsTemporalOptions {
  readonly certificate: Certificate;
  /** The authority of the client certificates that it demands; absent: none. */
  readonly clients?: Authority;
  readonly version: SecureVersion;
}

/** A server that speaks gRPC over TLS, and answers UNAUTHENTICATED after the handshake. */
export interface TlsTemporal {
  /** `localhost:<port>` */
  readonly address: string;
  close(): Promise<void>;
}

export async function startTlsTemporal(options: TlsTemporalOptions): Promise<TlsTemporal> {
  const { certificate, clients, version } = options;
  const server = createSecureServer({
    ...certificate,
    minVersion: version,
    maxVersion: version,
    ...(clients === undefined ? {} : { requestCert: true, rejectUnauthorized: true, ca: clients.own.cert }),
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {}); // the caller has gone
  });
  // As servers of Go do with whoever does not offer HTTP/2.
  server.on('unknownProtocol', (socket) => socket.destroy());
  server.on('stream', (stream) => {
    stream.on('error', () => {}); // the caller has gone
    stream.respond(
      { 'content-type': 'application/grpc', 'grpc-status': 16, 'grpc-message': 'no' },
      { endStream: true },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}
