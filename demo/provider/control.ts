import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import { readCounts } from './counts.js';
import type { Fault, FaultQueue } from './faults.js';
import { readJson, sendJson } from './http.js';
import { killToken, mintFirstGrant, resources, scopes } from './provider.js';
import type { Store } from './store.js';

export interface ControlContext {
  readonly provider: Provider;
  readonly store: Store;
  readonly faults: FaultQueue;
}

type Handler = (context: ControlContext, body: Record<string, unknown>) => unknown;

/** What the demo and the tests may do to the provider, only on loopback: one row per endpoint. */
const routes: Readonly<Record<string, Handler>> = {
  async 'POST /control/grants'({ provider }, { resource, scope = scopes[0] }) {
    if (typeof resource !== 'string' || !Object.hasOwn(resources, resource)) throw new TypeError('no such resource');
    return { refreshToken: await mintFirstGrant(provider, resource, String(scope)) };
  },
  async 'POST /control/kill'({ provider }, { token }) {
    return { killed: await killToken(provider, String(token)) };
  },
  'GET /control/counts': ({ store }) => readCounts(store),
  'POST /control/faults'({ faults }, body) {
    faults.add(body as unknown as Fault);
    return {};
  },
  'DELETE /control/faults'({ faults }) {
    faults.clear();
    return {};
  },
};

/** Serves `/control/…`. */
export async function serveControl(
  request: IncomingMessage,
  response: ServerResponse,
  context: ControlContext,
): Promise<void> {
  const name = `${request.method} ${request.url}`;
  const handler = Object.hasOwn(routes, name) ? routes[name] : undefined;
  if (handler === undefined) return sendJson(response, 404, { error: `no such control: ${name}` });
  try {
    sendJson(response, 200, await handler(context, await readJson(request)));
  } catch (error) {
    sendJson(response, 400, { error: error instanceof Error ? error.message : 'unknown' });
  }
}
