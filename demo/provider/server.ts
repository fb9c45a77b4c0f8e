import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveApi } from './api.js';
import { serveControl } from './control.js';
import { FaultQueue } from './faults.js';
import { createProvider } from './provider.js';
import { openStore } from './store.js';

export interface ServerOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** SQLite file that keeps grants and tokens over a restart; undefined: in memory. */
  readonly stateFile?: string;
  /** Secret of the client `tokenkeeper`. */
  readonly clientSecret: string;
  /** Lifetime of an access token in s; default 60. */
  readonly accessTokenTtlS?: number;
  /** Whether a refresh token works once; default true. */
  readonly rotatesRefreshTokens?: boolean;
  /** Default `https://billing.staging.test`. */
  readonly defaultResource?: string;
  /** Called with errors inside the provider; a message without tokens. */
  readonly onServerError?: (message: string) => void;
}

export interface RunningServer {
  /** `http://127.0.0.1:<port>`: the issuer, the API under `/api/`, the control under `/control/`. */
  readonly issuer: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Serves the authorization server, its protected API and its control endpoints on loopback. Rejects where the port is taken. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const http = createServer();
  const listening = new Promise<number>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port ?? 0, '127.0.0.1', () => resolve((http.address() as AddressInfo).port));
  });
  const prepared = listening.then((port) => prepare(`http://127.0.0.1:${port}`, options));
  // Before the port is open: a request that came before its handler would never be answered, and who polls for this server would not ask
  // again until then.
  http.on('request', (request, response) => {
    prepared
      .then(({ serve }) => serve(request, response))
      .catch((error: unknown) => {
        options.onServerError?.(error instanceof Error ? error.message : 'unknown');
        response.destroy();
      });
  });
  const [port, { issuer, store }] = await Promise.all([listening, prepared]);

  return {
    issuer,
    port,
    async close() {
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
      store.close();
    },
  };
}

/** What answers the requests at an issuer's address. */
async function prepare(issuer: string, options: ServerOptions) {
  const store = openStore(options.stateFile);
  const faults = new FaultQueue();
  const apiSecret = randomUUID();
  const provider = await createProvider({
    issuer,
    clientSecret: options.clientSecret,
    apiSecret,
    accessTokenTtlS: options.accessTokenTtlS ?? 60,
    rotatesRefreshTokens: options.rotatesRefreshTokens ?? true,
    defaultResource: options.defaultResource ?? 'https://billing.staging.test',
    store,
    faults,
  });
  provider.on('server_error', (_ctx, error) => options.onServerError?.(error.message));
  const serveProvider = provider.callback();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith('/api/')) return serveApi(request, response, { issuer, apiSecret });
    if (request.url?.startsWith('/control/')) return serveControl(request, response, { provider, store, faults });
    await serveProvider(request, response);
  }
  return { issuer, store, serve };
}
