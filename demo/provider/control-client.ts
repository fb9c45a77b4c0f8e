import type { ProviderCounts } from './counts.js';
import type { Fault } from './faults.js';

/** A typed client for `/control/…`. Every method throws where the provider refuses. */
export interface ProviderControl {
  /** Mints a grant as a person's consent would. @returns its first refresh token. */
  mintGrant(options: { resource: string; scope?: string }): Promise<string>;
  /** Kills an access or refresh token without its holders knowing. @returns whether it was alive. */
  kill(token: string): Promise<boolean>;
  counts(): Promise<ProviderCounts>;
  /** Adds a fault after the pending ones. */
  addFault(fault: Fault): Promise<void>;
  clearFaults(): Promise<void>;
}

/** An answer that does not come must not keep the demo from starting, or from stopping. */
const answerLimitMs = 10_000;

/** Controls the provider at `issuer`, e.g. `http://127.0.0.1:9400`. */
export function controlProvider(issuer: string): ProviderControl {
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${issuer}/control/${path}`, {
      method,
      signal: AbortSignal.timeout(answerLimitMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`control ${method} ${path}: HTTP ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
  return {
    mintGrant: async (options) => (await call<{ refreshToken: string }>('POST', 'grants', options)).refreshToken,
    kill: async (token) => (await call<{ killed: boolean }>('POST', 'kill', { token })).killed,
    counts: () => call<ProviderCounts>('GET', 'counts'),
    addFault: async (fault) => void (await call('POST', 'faults', fault)),
    clearFaults: async () => void (await call('DELETE', 'faults')),
  };
}
