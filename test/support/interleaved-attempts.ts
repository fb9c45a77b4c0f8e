import type { ActivityDeps } from '../../src/activities/deps.js';
import type { RefreshInput } from '../../src/activities/inputs.js';
import { refresh } from '../../src/activities/refresh.js';
import { TokenError } from '../../src/core/errors.js';
import type { RefreshResult } from '../../src/core/lifecycle/events.js';
import type { VaultRecord } from '../../src/core/record/record.js';
import type { ReissueClass } from '../../src/core/record/reissue.js';
import { Secret } from '../../src/core/secret.js';
import { silentLog } from '../../src/drivers.js';
import type { Issuer } from '../../src/issuers/issuer.js';
import { vaultDrivers } from '../../src/vaults/registry.js';
import type { Vault } from '../../src/vaults/vault.js';
import { Gates } from './gates.js';
import { replayWindowMs, StrictProvider } from './interleaved-provider.js';
import { tokenSpec } from './lifecycle.js';
import { uniqueName } from './temporal.js';

type End = { readonly result: RefreshResult } | { readonly error: TokenError };

/**
 * Attempts of `refresh` at one token, side by side, against one vault and one provider: each waits before and after whatever it asks of them,
 * until its gate is opened. Time is that of the test's fake timers.
 */
export class InterleavedAttempts {
  readonly gates = new Gates();
  readonly running = new Set<number>();
  readonly spec = tokenSpec();
  firstGrant = 'first';
  /** How the vault's next write fails: nothing was written, or the word of it is lost. */
  vaultFails: 'before' | 'after' | null = null;
  /** The generation that the workflow knows. */
  known = 0;
  last: End | null = null;
  #attempts = 0;
  readonly #crashed = new Set<number>();

  private constructor(
    readonly provider: StrictProvider,
    readonly overlap: boolean,
    readonly vault: Vault,
  ) {}

  static async of(reissue: ReissueClass, overlap: boolean): Promise<InterleavedAttempts> {
    const deps = { fetch, now: Date.now, baseDir: '.', env: {}, log: silentLog };
    const vault = await vaultDrivers['memory']!.open({ name: uniqueName('interleaved') }, deps);
    return new InterleavedAttempts(new StrictProvider(reissue), overlap, vault);
  }

  /** Starts another attempt, as a retry, a reset workflow or a second worker does. @returns its number */
  start(expectedCurrent = this.known, more: Partial<RefreshInput> = {}): number {
    const number = ++this.#attempts;
    this.running.add(number);
    this.#note(number, `starts at generation ${expectedCurrent}`);
    const asked = { reason: 'Test', actor: 'test', suspected: null, reauthorize: false, preflight: false };
    const spans = { abortAfterMs: 25_000, deadlineAfterMs: 30_000, deliverUntilMs: 29_500, sinkAttemptMs: 5_000 };
    const input = {
      v: 1,
      spec: this.spec,
      vaultId: null,
      expectedCurrent,
      sinks: [],
      ...asked,
      ...spans,
      ...more,
    } as const;
    const owner = { cluster: 'c', namespace: 'n', workflowId: 'it' };
    const attempt = { id: `attempt-${number}`, number: 1, owner, cancelled: new AbortController().signal };
    void refresh(this.#depsOf(number), input, attempt).then(
      (result) => this.#end(number, { result }),
      (error: unknown) => this.#end(number, { error: error as TokenError }),
    );
    return number;
  }

  /** kill -9: it never goes on. */
  crash(number: number): void {
    this.#note(number, 'is killed');
    this.#crashed.add(number);
    this.running.delete(number);
    this.gates.forget(number);
  }

  async record(): Promise<VaultRecord> {
    return JSON.parse((await this.vault.read(this.spec.key))!.text) as VaultRecord;
  }

  #end(number: number, end: End): void {
    if (this.#crashed.has(number)) return;
    this.running.delete(number);
    this.last = end;
    if ('result' in end) this.known = Math.max(this.known, end.result.reference.generation);
    this.#note(
      number,
      'result' in end
        ? `${end.result.outcome} ${end.result.reference.generation}`
        : `${end.error.code}: ${end.error.message}`,
    );
  }

  #note(attempt: number, what: string): void {
    this.gates.note(`#${attempt} ${what}`);
  }

  #turn(attempt: number, at: string, signal?: AbortSignal): Promise<void> {
    return this.gates.turn(attempt, at, signal);
  }

  #depsOf(number: number): ActivityDeps {
    const vault = this.#vaultOf(number);
    const issuer = this.#issuerOf(number);
    const open = { driver: 'example', issuer, parameters: {}, revokeIsolated: false } as const;
    return {
      connections: {
        vault: async () => vault,
        issuer: async () => ({ ...open, firstGrant: new Secret(this.firstGrant) }),
        sink: () => Promise.reject(new Error('no sink')),
        notify: async () => {},
        close: async () => {},
      },
      now: Date.now,
      log: silentLog,
      namespace: { cluster: 'c', namespace: 'n' },
      checkpoint: (point) => this.#turn(number, point),
    };
  }

  #vaultOf(number: number): Vault {
    const { vault } = this;
    const fails = (when: typeof this.vaultFails): void => {
      if (this.vaultFails !== when) return;
      this.vaultFails = null;
      throw new TokenError('VaultUnavailable', `the vault fails ${when} a write`);
    };
    return {
      id: vault.id,
      read: async (key) => {
        await this.#turn(number, 'reads');
        return vault.read(key);
      },
      compareAndSet: async (key, revision, text) => {
        await this.#turn(number, 'writes');
        fails('before');
        const written = await vault.compareAndSet(key, revision, text);
        await this.#turn(number, written === null ? 'was too late' : 'has written');
        fails('after');
        return written;
      },
      list: (prefix) => vault.list(prefix),
      remove: (key, revision) => vault.remove(key, revision),
      fingerprint: (secret) => vault.fingerprint(secret),
      close: async () => {},
    };
  }

  #issuerOf(number: number): Issuer {
    const { provider, overlap } = this;
    const { reissue } = provider;
    return {
      capabilities: () => ({ mintable: true, reissue, replayWindowMs, overlap, retire: 'expire' }),
      issue: async ({ continuation, signal }) => {
        const requestedAt = Date.now();
        await this.#turn(number, onItsWay, signal);
        const { value, next } = provider.issue(continuation?.reveal());
        await this.#turn(number, 'is answered', signal);
        const more = next === undefined ? {} : { continuation: new Secret(next) };
        return { value: new Secret(value), requestedAt, expiresInS: 3600, ...more };
      },
      verify: async ({ value, signal }) => {
        await this.#turn(number, 'verifies', signal);
        const method = 'introspection';
        return provider.alive.has(value.reveal()) ? { active: true, method, claims: {} } : { active: false, method };
      },
      probe: async ({ continuation, signal }) => {
        await this.#turn(number, 'probes', signal);
        const isUnused = reissue === 'B' || continuation?.reveal() === provider.grant;
        return isUnused ? 'not-redeemed' : 'redeemed';
      },
      revoke: async () => {},
    };
  }
}

/** Where a request is that has left and not arrived. */
export const onItsWay = 'asks';
