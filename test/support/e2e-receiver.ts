import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Notification } from '../../src/activities/connections.js';

/** Receives the notices of a world's `notify`. */
export class NoticeReceiver {
  readonly notices: Notification[] = [];
  /** The message id of each, by which receivers drop repeats. */
  readonly ids: string[] = [];
  readonly #server = createServer((request, response) => {
    void json(request).then((body) => {
      this.ids.push(String(request.headers['webhook-id']));
      this.notices.push((body as { data: Notification }).data);
      response.writeHead(204).end();
    });
  });

  static async start(): Promise<NoticeReceiver> {
    const receiver = new NoticeReceiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  /** An entry of `notify` that asks for everything. */
  get entry(): object {
    const { port } = this.#server.address() as AddressInfo;
    return { webhook: `http://127.0.0.1:${port}/notices`, secret: '${file:secrets/hook}' };
  }

  /** The events about a token with their reasons, in order. */
  toldOf(key: string): string[] {
    return this.notices
      .filter((notice) => notice.event !== 'credential-expiring' && notice.key === key)
      .map(({ event, reason }) => `${event}: ${reason}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
