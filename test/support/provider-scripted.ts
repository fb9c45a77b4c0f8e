import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The answer of a scripted endpoint. `cut`: the connection ends in the middle of the answer. `silent`: no answer ever comes. */
export type ScriptedAnswer =
  | {
      readonly status?: number;
      readonly reason?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    }
  | 'cut'
  | 'silent';

export interface ScriptedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly fields: Readonly<Record<string, string>>;
}

/** A server that answers as a test says, for answers that no well-behaved provider gives. */
export interface ScriptedProvider {
  readonly url: string;
  /** Every request it got, oldest first. */
  readonly requests: readonly ScriptedRequest[];
  /** Sets its answer for a path. Strings and buffers are sent as they are, anything else as JSON. */
  answer(path: string, answer: ScriptedAnswer): void;
  close(): Promise<void>;
}

/** Starts one on loopback; a path without a script answers 404. */
export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const script = new Map<string, ScriptedAnswer>();
  const requests: ScriptedRequest[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const path = request.url ?? '/';
      requests.push({ path, headers: request.headers, fields: Object.fromEntries(new URLSearchParams(text)) });
      const answer = script.get(path) ?? { status: 404 };
      if (answer === 'silent') return;
      if (answer === 'cut') {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{"access_token":"', () => request.socket.destroy());
        return;
      }
      const { status = 200, reason, headers = {}, body = '' } = answer;
      if (reason !== undefined) response.statusMessage = reason;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (path, answer) => void script.set(path, answer),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
