import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A box's content: a value and its writer's note. */
interface Box {
  readonly value: string;
  readonly note: unknown;
}

/** A document in the store, and how often it was written. */
interface Document {
  readonly version: number;
  readonly text: string;
}

/** The provider of examples/driver: it mints project tokens, keeps boxes, and stores documents by compare-and-set, over HTTP. */
export interface Acme {
  readonly url: string;
  readonly adminKey: string;
  /** Boxes by name, for tests to read, change and compare. */
  readonly boxes: Map<string, Box>;
  /** Documents by path, likewise. */
  readonly documents: Map<string, Document>;
  /** How many tokens it minted. */
  count(): number;
  accepts(value: string): boolean;
  /** Ends a token without its holders knowing. */
  kill(value: string): void;
  /** The next request gets this status and nothing else. */
  failNext(status: number): void;
  /** From now on every request gets this status. */
  failAll(status: number): void;
  close(): Promise<void>;
}

type Answer = [status: number, body?: object, version?: number];

/** Starts one on a free port of loopback. @param lifetimeS - of its tokens */
export async function startAcme({ lifetimeS = 900 }: { readonly lifetimeS?: number } = {}): Promise<Acme> {
  const adminKey = `acme-admin-${randomUUID()}`;
  const tokens = new Map<string, string>();
  const boxes = new Map<string, Box>();
  const documents = new Map<string, Document>();
  let minted = 0;
  let written = 0;
  let once: number | null = null;
  let always: number | null = null;

  function mint(): object {
    const id = `id-${(minted += 1)}`;
    const token = `acme-${randomUUID()}`;
    tokens.set(id, token);
    return { id, token, expires_in: lifetimeS };
  }

  /** A store of documents with conditional requests (RFC 9110 §13); the ETag is the version. */
  function store({ method, headers }: IncomingMessage, { pathname, searchParams }: URL, body: string): Answer {
    const prefix = searchParams.get('prefix');
    if (prefix !== null) {
      const names = [...documents.keys()]
        .filter((path) => path.startsWith('/documents/'))
        .map((path) => path.slice(11));
      return [200, names.map(decodeURIComponent).filter((name) => name.startsWith(prefix))];
    }
    const there = documents.get(pathname);
    if (method === 'GET') return there === undefined ? [404] : [200, JSON.parse(there.text) as object, there.version];
    const mayWrite =
      headers['if-none-match'] === '*' ? there === undefined : headers['if-match'] === `"${there?.version ?? ''}"`;
    if (!mayWrite) return [412];
    if (method === 'DELETE') documents.delete(pathname);
    else documents.set(pathname, { version: (written += 1), text: body });
    return [204];
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const fault = once ?? always;
    once = null;
    if (fault !== null) return [fault];
    if (request.headers.authorization !== `Bearer ${adminKey}`) return [401];
    const { 'content-length': length, 'content-type': type } = request.headers;
    if (length !== undefined && length !== '0' && type !== 'application/json') return [415];
    const [, kind = '', name = ''] = (request.url ?? '').split('/').map(decodeURIComponent);
    if (kind === 'vault' || kind.startsWith('documents')) {
      const body = await text(request);
      return store(request, new URL(request.url ?? '', 'http://acme'), body);
    }
    switch (`${request.method} ${kind}`) {
      case 'POST projects':
        return [201, mint()];
      case 'POST lookup': {
        const id = idOf((JSON.parse(await text(request)) as { readonly token: string }).token);
        return id === '' ? [404] : [200, { id }];
      }
      case 'GET tokens':
        return [tokens.has(name) ? 200 : 404];
      case 'DELETE tokens':
        return [tokens.delete(name) ? 204 : 404];
      case 'GET boxes': {
        const box = boxes.get(name);
        return box === undefined ? [404] : [200, box];
      }
      case 'PUT boxes':
        boxes.set(name, JSON.parse(await text(request)) as Box);
        return [204];
      case 'DELETE boxes':
        return [boxes.delete(name) ? 204 : 404];
      default:
        return [400];
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, body, version] = await answer(request);
    const headers = version === undefined ? {} : { etag: `"${version}"` };
    response.writeHead(status, headers).end(body === undefined ? undefined : JSON.stringify(body));
  }

  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const idOf = (value: string): string => [...tokens].find(([, token]) => token === value)?.[0] ?? '';
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    adminKey,
    boxes,
    documents,
    count: () => minted,
    accepts: (value) => idOf(value) !== '',
    kill: (value) => void tokens.delete(idOf(value)),
    failNext: (status) => void (once = status),
    failAll: (status) => void (always = status),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
