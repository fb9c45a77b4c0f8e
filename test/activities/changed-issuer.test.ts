import { describe, expect, it } from 'vitest';
import { close } from '../../src/activities/close.js';
import type { ActivityDeps } from '../../src/activities/deps.js';
import { reconcile } from '../../src/activities/reconcile.js';
import { refresh } from '../../src/activities/refresh.js';
import { retire } from '../../src/activities/retire.js';
import { loadConfig } from '../../src/config/load.js';
import { builtInRegistries } from '../../src/config/registries.js';
import { createConnections } from '../../src/connections/connections.js';
import type { TokenSpec } from '../../src/core/spec.js';
import { silentLog } from '../../src/drivers.js';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aMinute } from '../support/activities-world.js';
import { newFolder } from '../support/folder.js';
import { uniqueName } from '../support/temporal.js';

const key = 'test/moved';

/** Two providers of OAuth 2, `a` and `b`, that answer everything; `sent` is what each was shown, as `endpoint parameter`. */
class TwoProviders {
  readonly sent: { readonly to: string; readonly what: string }[] = [];
  refusing: string | null = null;
  #issued = 0;
  #attempts = 0;
  readonly #name = uniqueName('moved');

  private constructor(readonly folder: string) {}

  static async make(): Promise<TwoProviders> {
    return new TwoProviders(await newFolder());
  }

  readonly #fetch = async (url: URL | string, init: { readonly body: URLSearchParams }): Promise<Response> => {
    const [, provider, endpoint] = new URL(url).pathname.split('/');
    const { body } = init;
    this.sent.push({ to: `${provider} ${endpoint}`, what: body.get('refresh_token') ?? body.get('token') ?? '-' });
    if (this.refusing === provider) return Response.json({ error: 'invalid_client' }, { status: 401 });
    if (endpoint === 'revoke') return new Response();
    const number = ++this.#issued;
    const refresh =
      body.get('grant_type') === 'refresh_token' ? { refresh_token: `refresh-${provider}-${number}` } : {};
    return Response.json({ access_token: `${provider}-${number}`, token_type: 'bearer', expires_in: 3600, ...refresh });
  };

  /** The token as it is declared with this issuer, and a worker of that declaration. */
  async at(issuer: string, grant: string, connections = ['a', 'b']): Promise<{ spec: TokenSpec; deps: ActivityDeps }> {
    const at = (name: string) => ({
      driver: 'oauth2',
      tokenEndpoint: `http://127.0.0.1:1/${name}/token`,
      revocationEndpoint: `http://127.0.0.1:1/${name}/revoke`,
      clientId: 'keeper',
      clientSecret: '${env:SECRET}',
      grants: { first: `\${env:GRANT_${name.toUpperCase()}}` },
      revokeIsolated: true,
    });
    const issuers = Object.fromEntries(connections.map((name) => [name, at(name)]));
    const parameters = grant === 'refresh_token' ? { grant, initialGrant: 'first' } : { grant };
    const tokens = { [key]: { issuer, ...parameters, ttl: '1h', sinks: [] } };
    const file = join(this.folder, 'tokens.yaml');
    const vaults = { local: { driver: 'memory', name: this.#name } };
    await writeFile(file, JSON.stringify({ version: 1, vaults, issuers, tokens }));
    const loaded = await loadConfig({ paths: [file], registries: builtInRegistries });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const env = { SECRET: 'client-secret', GRANT_A: 'grant-a', GRANT_B: 'grant-b' };
    const fetch = this.#fetch as unknown as typeof globalThis.fetch;
    const connectionDeps = { fetch, now: Date.now, log: silentLog, baseDir: this.folder, env };
    return {
      spec: loaded.config.tokens[0]!,
      deps: {
        connections: createConnections({ config: loaded.config.worker, deps: connectionDeps }),
        now: Date.now,
        log: silentLog,
        namespace: { cluster: 'test', namespace: 'default' },
      },
    };
  }

  attempt() {
    const owner = { cluster: 'test', namespace: 'default', workflowId: 'it' };
    const cancelled = new AbortController().signal;
    return { id: `attempt-${++this.#attempts}`, owner, number: 1, scheduledAt: 0, cancelled };
  }

  /** Renews by this declaration. @returns what each provider was shown for it */
  async renew({ spec, deps }: { spec: TokenSpec; deps: ActivityDeps }, expectedCurrent: number, suspected?: number) {
    const from = this.sent.length;
    const asked = { reason: 'Test', actor: 'test', suspected: suspected ?? null, reauthorize: false, preflight: false };
    const result = await refresh(
      deps,
      { v: 1, spec, vaultId: null, ...asked, ...aMinute, expectedCurrent },
      this.attempt(),
    ).catch((error: unknown) => error);
    return { result, sent: this.sent.slice(from).map(({ to, what }) => `${to} ${what}`) };
  }
}

describe('a token that another issuer is declared for', () => {
  it('shows no provider what another one gave: it begins with the first grant there, and goes on where it was when it comes back', async () => {
    const two = await TwoProviders.make();
    const [a, b] = [await two.at('a', 'refresh_token'), await two.at('b', 'refresh_token')];
    expect((await two.renew(a, 0)).sent).toEqual(['a token grant-a']);
    two.refusing = 'b';
    expect((await two.renew(b, 1)).sent).toEqual(['b token grant-b']);
    two.refusing = null;
    expect((await two.renew(a, 1)).sent).toEqual(['a token refresh-a-1']);
    expect((await two.renew(b, 2)).sent).toEqual(['b token grant-b']);
    expect((await two.renew(b, 3)).sent).toEqual(['b token refresh-b-3']);
    expect((await two.renew(a, 4)).sent).toEqual(['a token refresh-a-2']);
  });

  it('shows it no first grant either that the other one refused, before there was any value', async () => {
    const two = await TwoProviders.make();
    two.refusing = 'a';
    expect((await two.renew(await two.at('a', 'refresh_token'), 0)).sent).toEqual(['a token grant-a']);
    expect((await two.renew(await two.at('b', 'refresh_token'), 0)).sent).toEqual(['b token grant-b']);
  });

  it('has its old values revoked where they were issued, by its end, too', async () => {
    const two = await TwoProviders.make();
    const [a, b] = [await two.at('a', 'client_credentials'), await two.at('b', 'client_credentials')];
    await two.renew(a, 0);
    const { result } = await two.renew(b, 1);
    expect(result).toMatchObject({ holding: { previous: [{ generation: 1, retires: 'revoke' }] } });
    await two.renew(b, 2);
    two.sent.length = 0;
    const input = { v: 1, vaultId: null, spec: b.spec } as const;
    await retire(b.deps, { ...input, generation: 1 }, two.attempt());
    expect(two.sent).toEqual([{ to: 'a revoke', what: 'a-1' }]);
    await two.renew(a, 3);
    two.sent.length = 0;
    await close(
      a.deps,
      { ...input, spec: a.spec, kind: 'revoke', reason: 'Test', actor: 'test', left: [] },
      two.attempt(),
    );
    expect(two.sent.map(({ to, what }) => `${to} ${what}`).toSorted()).toEqual([
      'a revoke a-4',
      'b revoke b-2',
      'b revoke b-3',
    ]);
  });

  it('keeps an old value whose issuer is there no more until it can be revoked, and renews all the same', async () => {
    const two = await TwoProviders.make();
    const a = await two.at('a', 'client_credentials');
    await two.renew(a, 0);
    const without = await two.at('b', 'client_credentials', ['b']);
    expect((await two.renew(without, 1)).result).toMatchObject({ outcome: 'issued' });
    const input = { v: 1, vaultId: null, spec: without.spec } as const;
    await expect(retire(without.deps, { ...input, generation: 1 }, two.attempt())).rejects.toMatchObject({
      code: 'PolicyDenied',
      message: expect.stringContaining('issuer a'),
    });
    const look = { expectedCurrent: 2, takeOver: false, sinkAttemptMs: 1_000 };
    const { holding } = await reconcile(without.deps, { ...input, ...look }, two.attempt());
    expect(holding.previous).toMatchObject([{ generation: 1, retires: 'revoke' }]);
    expect(two.sent.filter(({ to }) => to.endsWith('revoke'))).toEqual([]);
  });

  it('does not verify a reported value of another issuer: a new one is wanted anyway', async () => {
    const two = await TwoProviders.make();
    await two.renew(await two.at('a', 'client_credentials'), 0);
    const { result, sent } = await two.renew(await two.at('b', 'client_credentials'), 1, 1);
    expect(result).toMatchObject({ outcome: 'issued' });
    expect(sent).toEqual(['b token -']);
  });

  it('drops another issuer’s value that was not delivered yet, and ends it there', async () => {
    const two = await TwoProviders.make();
    const a = await two.at('a', 'client_credentials');
    const stopped = { ...a.deps, checkpoint: async (point: string) => stopAt(point) };
    expect((await two.renew({ ...a, deps: stopped }, 0)).result).toBe(killed);
    const { result, sent } = await two.renew(await two.at('b', 'client_credentials'), 0);
    expect(result).toMatchObject({ outcome: 'issued', reference: { generation: 2 } });
    expect(sent).toEqual(['a revoke a-1', 'b token -']);
  });
});

const killed = new Error('killed');
function stopAt(point: string): void {
  if (point === 'after-stage') throw killed;
}
