import { createServer, type Server } from 'node:http';
import { Webhook } from 'standardwebhooks';

/** A consumer that takes tokens by signed webhook, as a partner's batch job would. */
export interface Receiver {
  close(): Promise<void>;
}

/** Listens on loopback; what is not signed with `secret` is refused. */
export async function startReceiver(port: number, secret: string): Promise<Receiver> {
  const webhook = new Webhook(secret);
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      try {
        webhook.verify(body, request.headers as Record<string, string>);
        response.writeHead(204).end();
      } catch {
        response.writeHead(401).end();
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
