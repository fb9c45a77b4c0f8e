import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import type { WebhookMessage } from '../../src/sinks/webhook.js';

export const receiverSecret = `whsec_${Buffer.from('a signing key of thirty-two byte').toString('base64')}`;

/** How the receiver answers; `drop` cuts the connection, `hang` never answers. */
export type Answer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'drop'
  | 'hang';

export interface Received {
  readonly id: string;
  readonly method: string;
  readonly message: WebhookMessage;
}

/** A receiver of Standard Webhooks as a user would write it: verifies the signature, drops duplicates, keeps the newest value. */
export class Receiver {
  readonly received: Received[] = [];
  readonly values = new Map<string, string>();
  /** One for each request; then `otherwise`. */
  readonly script: Answer[] = [];
  otherwise: Answer = { status: 204 };
  requests = 0;
  refusedSignatures = 0;
  readonly #server: Server;
  readonly #webhook = new Webhook(receiverSecret);
  readonly #seen = new Set<string>();

  private constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/tokens?receiver=SECRET-QUERY`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const body = await text(request);
    const answer = this.script.shift() ?? this.otherwise;
    if (answer === 'hang') return;
    if (answer === 'drop') return void request.socket.destroy();
    if (request.method === 'POST' && answer.status < 300 && !this.#take(request, body)) answerWith(response, 401);
    else answerWith(response, answer.status, answer.headers, answer.body);
  }

  #take(request: IncomingMessage, body: string): boolean {
    const headers = request.headers as Record<string, string>;
    try {
      this.#webhook.verify(body, headers);
    } catch {
      this.refusedSignatures += 1;
      return false;
    }
    const id = headers['webhook-id'] ?? '';
    const message = JSON.parse(body) as WebhookMessage;
    this.received.push({ id, method: request.method ?? '', message });
    if (this.#seen.has(id)) return true;
    this.#seen.add(id);
    if (message.type === 'token.rotated') this.values.set(message.data.key, message.data.value);
    else this.values.delete(message.data.key);
    return true;
  }
}

function answerWith(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body = '',
) {
  response.writeHead(status, headers).end(body);
}
