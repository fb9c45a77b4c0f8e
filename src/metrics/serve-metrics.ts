import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TokenError } from '../core/errors.js';
import { systemCodeOf } from '../core/unexpected.js';
import type { Log } from '../drivers.js';
import { hostPort, type ListenAddress } from './listen-address.js';
import type { Metrics } from './metrics.js';

/** An endpoint that Prometheus scrapes. */
export interface MetricsEndpoint {
  /** e.g. `http://127.0.0.1:9464/metrics` */
  readonly url: string;
  /** Resolves when nobody is connected any more. */
  readonly stop: () => Promise<void>;
}

/** Why a worker is not ready, in a sentence that may be shown to anybody; null: it is ready. */
export type Readiness = () => Promise<string | null>;

/**
 * Serves `/metrics` without authentication: bind it to loopback, or to a network that may read the names of tokens. Beside it `/healthz`,
 * which answers as long as the process does, and `/readyz`.
 * @param ready - for `/readyz`; without it there is none
 * @throws TokenError `PortTaken`; `ConfigInvalid` for an address where this process can't listen
 */
export async function serveMetrics(
  metrics: Pick<Metrics, 'text' | 'contentType'>,
  listen: ListenAddress,
  log: Log,
  ready?: Readiness,
): Promise<MetricsEndpoint> {
  const pages: Pages = {
    '/metrics': async () => ({ status: 200, text: await metrics.text(), type: metrics.contentType }),
    // Nothing of Temporal or the vault: to restart a worker mends neither.
    '/healthz': () => Promise.resolve({ status: 200, text: 'ok\n' }),
    ...(ready && { '/readyz': async () => readyPage(await ready()) }),
  };
  const server = createServer((request, response) => void answer(pages, log, request, response));
  // Short, since a scrape is only a few headers.
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  try {
    server.listen({ ...listen, exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    throw listenError(error, listen);
  }
  // A connection that can't be accepted, e.g. for lack of file descriptors, must not end the worker.
  server.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    log.warn('a scrape could not be answered', { code });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${hostPort({ host: listen.host, port })}/metrics`,
    async stop() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Page {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
}
type Pages = Readonly<Record<string, () => Promise<Page>>>;

const readyPage = (why: string | null): Page =>
  why === null ? { status: 200, text: 'ok\n' } : { status: 503, text: `${why}\n` };

async function answer(pages: Pages, log: Log, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const say = ({ status, text, type = 'text/plain; charset=utf-8' }: Page, headers = {}): void => {
    response.writeHead(status, { 'content-type': type, ...headers }).end(text);
  };
  const path = request.url?.split('?', 1)[0] ?? '';
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (page === undefined) return say({ status: 404, text: `see ${Object.keys(pages).join(', ')}\n` });
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return say({ status: 405, text: 'GET\n' }, { allow: 'GET, HEAD' });
  const what = path === '/metrics' ? 'the metrics' : 'an answer';
  try {
    say(await page());
  } catch {
    // The error may quote anything; the scraper only learns that there was one.
    log.error(`${what} could not be made`);
    say({ status: 500, text: `${what} could not be made\n` });
  }
}

function listenError(error: unknown, listen: ListenAddress): TokenError {
  const code = systemCodeOf(error) ?? 'unknown';
  if (code === 'EADDRINUSE') return new TokenError('PortTaken', `metrics: ${hostPort(listen)} is taken`);
  return new TokenError('ConfigInvalid', `metrics: this process cannot listen on ${hostPort(listen)} (${code})`, {
    do: 'choose another address for the metrics',
  });
}
