import type { ActivityDeps } from '../../src/activities/deps.js';
import { TokenError } from '../../src/core/errors.js';
import type { VaultRecord } from '../../src/core/record/record.js';
import type { ReissueClass } from '../../src/core/record/reissue.js';
import { Secret } from '../../src/core/secret.js';
import { silentLog } from '../../src/drivers.js';
import type { Issuer } from '../../src/issuers/issuer.js';
import type { Sink } from '../../src/sinks/sink.js';
import { vaultDrivers } from '../../src/vaults/registry.js';
import type { Vault } from '../../src/vaults/vault.js';
import { Gates } from './gates.js';
import { replayWindowMs, StrictProvider } from './strict-provider.js';
import { uniqueName } from './temporal.js';

/** A consumer. */
export class SimulatedSink {
  content: { readonly generation: number; readonly value: string } | null = null;
  isDown = false;
}

/** Where a request is that has left and not arrived. */
export const onItsWay = 'asks';

/** Lifetime of a value, in s. */
const lifetimeS = 3_600;

/** A vault, a provider and sinks in memory: before and after whatever an attempt asks of them it waits for its turn. */
export class SimulatedOutside {
  readonly gates = new Gates();
  readonly sinks: ReadonlyMap<string, SimulatedSink>;
  firstGrant = 'first';
  /** How the vault's next write fails: nothing was written, or the word of it is lost. */
  vaultFails: 'before' | 'after' | null = null;
  /** Every value that the vault has held, and Unix ms of its expiry. */
  readonly stored = new Map<string, number | null>();
  /** Sees each value before it is revoked, and who asks. */
  onRevoke: (value: string, attempt: number) => void = () => {};

  private constructor(
    readonly vault: Vault,
    readonly provider: StrictProvider,
    readonly overlap: boolean,
    /** What becomes of old values. */
    readonly retire: 'expire' | 'revoke',
    sinks: readonly string[],
  ) {
    this.sinks = new Map(sinks.map((name) => [name, new SimulatedSink()]));
  }

  static async of(
    reissue: ReissueClass,
    more: { readonly overlap?: boolean; readonly retire?: 'revoke'; readonly sinks?: readonly string[] } = {},
  ): Promise<SimulatedOutside> {
    const { overlap = true, retire = 'expire', sinks = [] } = more;
    const deps = { fetch, now: Date.now, baseDir: '.', env: {}, log: silentLog };
    const vault = await vaultDrivers['memory']!.open({ name: uniqueName('simulated') }, deps);
    return new SimulatedOutside(vault, new StrictProvider(reissue), overlap, retire, sinks);
  }

  async record(key: string): Promise<VaultRecord> {
    return JSON.parse((await this.vault.read(key))!.text) as VaultRecord;
  }

  /** Whether a value that was once stored can still be used. */
  isAlive(value: string): boolean {
    return this.provider.alive.has(value) && Date.now() < (this.stored.get(value) ?? Infinity);
  }

  /** @throws where a refresh token was redeemed a second time, with what led to it */
  requireNoTheft(): void {
    if (this.provider.thefts > 0) throw new Error(`a refresh token was redeemed twice\n${this.gates.log.join('\n')}`);
  }

  /** What an attempt gets from its worker. */
  depsOf(attempt: number): ActivityDeps {
    const vault = this.#vaultOf(attempt);
    const issuer = this.#issuerOf(attempt);
    const open = { driver: 'example', issuer, parameters: {}, revokeIsolated: false } as const;
    return {
      connections: {
        vault: async () => vault,
        issuer: async () => ({ ...open, firstGrant: new Secret(this.firstGrant) }),
        sink: async (name) => ({ sink: this.#sinkOf(attempt, name), target: {}, place: name, holdsForMs: 0 }),
        notify: async () => {},
        close: async () => {},
      },
      now: Date.now,
      log: silentLog,
      namespace: { cluster: 'c', namespace: 'n' },
      checkpoint: (point) => this.gates.turn(attempt, point),
    };
  }

  #vaultOf(attempt: number): Vault {
    const { vault, gates } = this;
    return {
      id: vault.id,
      read: async (key) => {
        await gates.turn(attempt, 'reads');
        return vault.read(key);
      },
      compareAndSet: async (key, revision, text) => {
        await gates.turn(attempt, 'writes');
        this.#failVault('before');
        const written = await vault.compareAndSet(key, revision, text);
        if (written !== null) this.#noteStored(text);
        await gates.turn(attempt, written === null ? 'was too late' : 'has written');
        this.#failVault('after');
        return written;
      },
      list: (prefix) => vault.list(prefix),
      remove: (key, revision) => vault.remove(key, revision),
      fingerprint: (secret) => vault.fingerprint(secret),
      close: async () => {},
    };
  }

  #noteStored(text: string): void {
    const { generations = [] } = JSON.parse(text) as Partial<VaultRecord>;
    for (const { value, expiresAt } of generations) this.stored.set(value, expiresAt);
  }

  #failVault(when: typeof this.vaultFails): void {
    if (this.vaultFails !== when) return;
    this.vaultFails = null;
    throw new TokenError('VaultUnavailable', `the vault fails ${when} a write`);
  }

  #issuerOf(attempt: number): Issuer {
    const { provider, gates, overlap, retire } = this;
    const { reissue } = provider;
    return {
      capabilities: () => ({ mintable: true, reissue, replayWindowMs, overlap, retire }),
      issue: async ({ continuation, signal }) => {
        const requestedAt = Date.now();
        await gates.turn(attempt, onItsWay, signal);
        const { value, next } = provider.issue(continuation?.reveal());
        await gates.turn(attempt, 'is answered', signal);
        const more = next === undefined ? {} : { continuation: new Secret(next) };
        return { value: new Secret(value), requestedAt, expiresInS: lifetimeS, ...more };
      },
      verify: async ({ value, signal }) => {
        await gates.turn(attempt, 'verifies', signal);
        const method = 'introspection';
        return provider.alive.has(value.reveal()) ? { active: true, method, claims: {} } : { active: false, method };
      },
      probe: async ({ continuation, signal }) => {
        await gates.turn(attempt, 'probes', signal);
        const isUnused = reissue === 'B' || continuation?.reveal() === provider.grant;
        return isUnused ? 'not-redeemed' : 'redeemed';
      },
      revoke: async ({ value, signal }) => {
        await gates.turn(attempt, `revokes ${value.reveal()}`, signal);
        this.onRevoke(value.reveal(), attempt);
        provider.alive.delete(value.reveal());
        await gates.turn(attempt, 'has revoked', signal);
      },
    };
  }

  #sinkOf(attempt: number, name: string): Sink {
    const sink = this.sinks.get(name)!;
    /** One call, which is cut off before or after it takes effect. */
    const call = async <T>(what: string, signal: AbortSignal, effect: () => T): Promise<T> => {
      await this.gates.turn(attempt, `${what} ${name}`, signal);
      if (sink.isDown) throw new TokenError('SinkUnavailable', `${name} is down`);
      const answer = effect();
      await this.gates.turn(attempt, `${what} ${name}: done`, signal);
      return answer;
    };
    return {
      check: ({ signal }) => call('checks', signal, () => {}),
      write: ({ generation, value, signal }) =>
        call('fills', signal, () => void (sink.content = { generation, value: value.reveal() })),
      read: ({ signal, fingerprint }) =>
        call('reads', signal, () => {
          const { content } = sink;
          if (content === null) return { found: 'nothing' } as const;
          const { generation, value } = content;
          return { found: 'value', ours: true, generation, fingerprint: fingerprint(value) } as const;
        }),
      remove: ({ signal }) => call('empties', signal, () => void (sink.content = null)),
    };
  }
}
