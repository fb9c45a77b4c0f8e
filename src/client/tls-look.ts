import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';

/** How TLS with Temporal is done, as the SDK's connections take it. */
export interface TlsSettings {
  readonly serverNameOverride?: string | undefined;
  readonly serverRootCACertificate?: Uint8Array | undefined;
  readonly clientCertPair?: { readonly crt: Uint8Array; readonly key: Uint8Array } | undefined;
}

/** What one look at a server's TLS saw. */
export interface TlsSight {
  /**
   * - `serving`: it speaks.
   * - `failed`: somebody said why not, see `code`.
   * - `cut`: it closed the connection without a word.
   * - `unknown`: it was not reached, or did nothing in time.
   */
  readonly how: 'serving' | 'failed' | 'cut' | 'unknown';
  /** Of Node, e.g. `CERT_HAS_EXPIRED`; empty where nobody said anything. */
  readonly code: string;
  /** Whether the handshake was over: TLS 1.3 refuses a client's certificate after it. */
  readonly isSecure: boolean;
}

const lookLimitMs = 3_000;

/**
 * One handshake with a server. Nothing is sent after it: bytes that meet a closed connection would wipe out the alert that came before.
 * @param address - `host:port`
 * @param tls - null: without a certificate of ours, and whatever the server's is like
 */
export async function lookAtTls(address: string, tls: TlsSettings | null): Promise<TlsSight> {
  const socket = connect({ ...placeOf(address), ...optionsOf(tls), ALPNProtocols: ['h2'] });
  let isReached = false;
  let isSecure = false;
  socket.once('connect', () => (isReached = true));
  socket.once('secureConnect', () => (isSecure = true));
  const signal = AbortSignal.timeout(lookLimitMs);
  const sight = (how: TlsSight['how'], code = ''): TlsSight => ({ how, code, isSecure });
  try {
    // A server of HTTP/2 begins by its settings.
    const speaks = once(socket, 'data', { signal }).then(() => sight('serving'));
    return await Promise.race([speaks, once(socket, 'close', { signal }).then(() => sight('cut'))]);
  } catch (error) {
    if (!isReached || signal.aborted) return sight('unknown');
    const { code = '' } = error as NodeJS.ErrnoException;
    // ECONNRESET and its like are of the system: nobody said anything.
    return /^E[A-Z]+$/.test(code) ? sight('cut') : sight('failed', code);
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}

/** The name that a server's certificate has to be for. */
export function serverNameOf(address: string, tls: TlsSettings | null): string {
  return tls?.serverNameOverride ?? placeOf(address).host;
}

function placeOf(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(`tls://${address}`);
  // The SDK's default where an address has none.
  return { host: hostname.replace(/[[\]]/g, ''), port: Number(port || 7233) };
}

function optionsOf(tls: TlsSettings | null): ConnectionOptions {
  // Nothing is sent there, and nothing that comes is believed.
  if (tls === null) return { rejectUnauthorized: false };
  const { serverNameOverride, serverRootCACertificate, clientCertPair } = tls;
  return {
    ...(serverNameOverride === undefined ? {} : { servername: serverNameOverride }),
    ...(serverRootCACertificate === undefined ? {} : { ca: Buffer.from(serverRootCACertificate) }),
    ...(clientCertPair && { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }),
  };
}
