import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { listenOn, type PortWish } from '../src/server/free-port.js';
import type { Alert } from './alerts.js';

/** A partner's system: a consumer of tokens by signed webhook, and a receiver of alerts. */
export interface Receiver {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on loopback. Refuses tokens that are not signed with `secret`.
 * @param onAlert - called with each alert
 * @throws TokenError `PortTaken`
 */
export async function startReceiver(
  wish: PortWish,
  secret: string,
  onAlert: (alert: Alert) => void,
): Promise<Receiver> {
  const webhook = new Webhook(secret);
  const server: Server = createServer((request, response) => {
    const answer = async (): Promise<number> => {
      const body = await text(request);
      if (request.url !== '/alerts') return isSigned(webhook, request, body) ? 204 : 401;
      onAlert(readAlert(body));
      return 204;
    };
    // A killed worker leaves half a request behind, and a loopback port gets all sorts of requests.
    void answer().then(
      (status) => response.writeHead(status).end(),
      () => response.writeHead(400).end(),
    );
  });
  const port = await listenOn(server, wish);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isSigned(webhook: Webhook, request: IncomingMessage, body: string): boolean {
  try {
    webhook.verify(body, request.headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

function readAlert(body: string): Alert {
  const { data = {} } = JSON.parse(body) as { data?: Record<string, string | undefined> };
  const { event = 'unknown', key, issuer = '', reason = '', message = '' } = data;
  return { event, about: key ?? issuer, reason, message };
}
