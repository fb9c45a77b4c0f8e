import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';
import { defined } from '../core/defined.js';
import { clientSpans } from './spans.js';

/** TLS settings for Temporal, as the SDK's connections take them. */
export interface TlsSettings {
  readonly serverNameOverride?: string | undefined;
  readonly serverRootCACertificate?: Uint8Array | undefined;
  readonly clientCertPair?: { readonly crt: Uint8Array; readonly key: Uint8Array } | undefined;
}

/** The result of one TLS handshake with a server. */
export interface TlsSight {
  /**
   * - `serving`: it answers.
   * - `failed`: one side said why not, see `code`.
   * - `cut`: it closed the connection without a reason.
   * - `unknown`: it was not reached, or did nothing in time.
   */
  readonly how: 'serving' | 'failed' | 'cut' | 'unknown';
  /** A code of Node, e.g. `CERT_HAS_EXPIRED`; empty where no reason was given. */
  readonly code: string;
  /** Whether the handshake was complete: TLS 1.3 refuses a client's certificate only after it. */
  readonly isSecure: boolean;
}

/**
 * One handshake with a server. Nothing is sent after it: data arriving at a closed connection would discard the alert that came before.
 * @param address - `host:port`
 * @param tls - null: no client certificate, and any server certificate is accepted
 */
export async function lookAtTls(address: string, tls: TlsSettings | null): Promise<TlsSight> {
  const socket = connect({ ...placeOf(address), ...optionsOf(tls), ALPNProtocols: ['h2'] });
  let isReached = false;
  let isSecure = false;
  socket.once('connect', () => (isReached = true));
  socket.once('secureConnect', () => (isSecure = true));
  const signal = AbortSignal.timeout(clientSpans.tlsLookMs);
  const sight = (how: TlsSight['how'], code = ''): TlsSight => ({ how, code, isSecure });
  try {
    // An HTTP/2 server first sends its settings.
    const speaks = once(socket, 'data', { signal }).then(() => sight('serving'));
    return await Promise.race([speaks, once(socket, 'close', { signal }).then(() => sight('cut'))]);
  } catch (error) {
    if (!isReached || signal.aborted) return sight('unknown');
    const { code = '' } = error as NodeJS.ErrnoException;
    // ECONNRESET and similar codes come from the system: the server gave no reason.
    return /^E[A-Z]+$/.test(code) ? sight('cut') : sight('failed', code);
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}

/** The name that the server's certificate must be for. */
export function serverNameOf(address: string, tls: TlsSettings | null): string {
  return tls?.serverNameOverride ?? placeOf(address).host;
}

function placeOf(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(`tls://${address}`);
  // The SDK's default port.
  return { host: hostname.replace(/[[\]]/g, ''), port: Number(port || 7233) };
}

function optionsOf(tls: TlsSettings | null): ConnectionOptions {
  // Safe: nothing is sent, and nothing received is trusted.
  if (tls === null) return { rejectUnauthorized: false };
  const { serverNameOverride, serverRootCACertificate, clientCertPair } = tls;
  return {
    ...defined({ servername: serverNameOverride, ca: serverRootCACertificate && Buffer.from(serverRootCACertificate) }),
    ...(clientCertPair && { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }),
  };
}
