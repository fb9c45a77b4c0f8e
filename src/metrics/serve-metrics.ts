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

/**
 * Serves `/metrics` without authentication: bind it to loopback, or to a network that may read the names of tokens.
 * @throws TokenError `PortTaken`; `ConfigInvalid` for an address where this process can't listen
 */
export async function serveMetrics(
  metrics: Pick<Metrics, 'text' | 'contentType'>,
  listen: ListenAddress,
  log: Log,
): Promise<MetricsEndpoint> {
  const server = createServer((request, response) => void answer(metrics, log, request, response));
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

async function answer(
  metrics: Pick<Metrics, 'text' | 'contentType'>,
  log: Log,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const say = (status: number, text: string, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(text);
  };
  if (request.url?.split('?', 1)[0] !== '/metrics') return say(404, 'see /metrics\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') return say(405, 'GET\n', { allow: 'GET, HEAD' });
  try {
    say(200, await metrics.text(), { 'content-type': metrics.contentType });
  } catch {
    // The error may quote anything; the scraper only learns that there was one.
    log.error('the metrics could not be made');
    say(500, 'the metrics could not be made\n');
  }
}

function listenError(error: unknown, listen: ListenAddress): TokenError {
  const code = systemCodeOf(error) ?? 'unknown';
  if (code === 'EADDRINUSE') return new TokenError('PortTaken', `metrics: ${hostPort(listen)} is taken`);
  return new TokenError('ConfigInvalid', `metrics: this process cannot listen on ${hostPort(listen)} (${code})`, {
    do: 'choose another address for the metrics',
  });
}
