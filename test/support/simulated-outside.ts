import type { ActivityDeps } from '../../src/activities/deps.js';
import { TokenError } from '../../src/core/errors.js';
import type { VaultRecord } from '../../src/core/record/record.js';
import type { ReissueClass } from '../../src/core/record/reissue.js';
import { Secret } from '../../src/core/secret.js';
import { silentLog } from '../../src/drivers.js';
import type { Issuer } from '../../src/issuers/issuer.js';
import type { Vault } from '../../src/vaults/vault.js';
import { Gates } from './gates.js';
import { SimulatedSink, sinkOf } from './simulated-sink.js';
import { SimulatedVault } from './simulated-vault.js';
import { lifetimeS, replayWindowMs, StrictProvider } from './strict-provider.js';

/** What the window that a driver names leaves for clocks that differ. */
const slackMs = 4_000;

/** Where a request is that has left and not arrived. */
const onItsWay = 'asks';

interface Traits {
  /** Whether the provider can be asked for values; else only a person brings them. */
  readonly mintable: boolean;
  readonly overlap: boolean;
  /** What becomes of old values. */
  readonly retire: 'expire' | 'revoke';
  /** How far the clocks of workers are ahead of Temporal's and the provider's. */
  readonly aheadMs: number;
}

/** A vault, a provider and sinks in memory: before and after whatever an attempt asks of them it waits for its turn. */
export class SimulatedOutside {
  readonly gates = new Gates();
  readonly sinks: ReadonlyMap<string, SimulatedSink>;
  readonly vault = new SimulatedVault();
  readonly provider: StrictProvider;
  firstGrant = 'first';
  /** How the vault's next write fails: nothing was written, the word of it is lost, or it is written later. */
  vaultFails: 'before' | 'after' | 'late' | null = null;
  /** Whether a write goes on when its caller no longer waits for it. */
  isSlow = false;
  /** Writes that nobody waits for any more. */
  readonly late: (() => unknown)[] = [];
  /** Whether one of them has taken effect. */
  wasLate = false;
  /** A copy of the vault. */
  backup: ReturnType<SimulatedVault['backup']> | null = null;
  /** Whether the vault may be behind what was done since. */
  isRestored = false;
  /** The value that a person brought last. */
  brought: string | null = null;
  /** Every value that the vault has held. */
  readonly stored = new Set<string>();
  /** The same by generation: more than one only where a restored vault forgot one. */
  readonly values = new Map<number, Set<string>>();
  /** Unix ms at which somebody last ended a value, or emptied or stopped a sink. */
  diedAt = 0;
  touchedAt = 0;
  /** Sees each value before it is revoked, and who asks. */
  onRevoke: (value: string, attempt: number) => void = () => {};
  readonly #traits: Traits;

  constructor(
    reissue: ReissueClass,
    {
      mintable = true,
      overlap = true,
      retire = 'expire',
      sinks = [],
      aheadMs = 0,
    }: Partial<Traits> & { readonly sinks?: readonly string[] } = {},
  ) {
    this.provider = new StrictProvider(reissue);
    this.#traits = { mintable, overlap, retire, aheadMs };
    this.sinks = new Map(sinks.map((name) => [name, new SimulatedSink()]));
  }

  async record(key: string): Promise<VaultRecord> {
    return JSON.parse((await this.vault.read(key))!.text) as VaultRecord;
  }

  /** By the clock of the worker that makes this attempt: workers' clocks differ by little. */
  nowOf(attempt: number): number {
    const { aheadMs } = this.#traits;
    return Date.now() + aheadMs + (aheadMs === 0 ? 0 : ((attempt % 3) - 1) * 2_000);
  }

  /** A request of class C is not on its way for as long as its provider's window: the window that drivers name is shorter by that. */
  arrive(): void {
    if (this.provider.reissue !== 'C') return;
    for (const gate of this.gates.closed.filter(({ at }) => at === onItsWay)) gate.open();
  }

  get isMintable(): boolean {
    return this.#traits.mintable;
  }

  /** Somebody ends the newest value at the provider, unless only a person could bring another one. */
  dies(): void {
    const newest = [...this.provider.alive].at(-1);
    if (newest === undefined || !this.isMintable) return;
    this.provider.alive.delete(newest);
    this.diedAt = Date.now();
    this.gates.note(`  ${newest} is ended by somebody`);
  }

  /** A write whose caller no longer waits. */
  leave(write: () => unknown): void {
    if (this.isSlow) this.late.push(write);
  }

  /** What the vault holds from now on. */
  noteStored(text: string): void {
    const { generations = [] } = JSON.parse(text) as Partial<VaultRecord>;
    for (const { generation, value } of generations) {
      this.stored.add(value);
      this.values.set(generation, (this.values.get(generation) ?? new Set<string>()).add(value));
    }
  }

  /** One of the writes that nobody waits for takes effect. */
  letIn(pick = 0): void {
    const [write] = this.late.splice(pick % Math.max(1, this.late.length), 1);
    if (write === undefined) return;
    this.wasLate = true;
    this.gates.note('a late write takes effect');
    void write();
  }

  /** @throws where a refresh token was redeemed a second time, with what led to it */
  requireNoTheft(): void {
    if (this.provider.thefts > 0) throw new Error(`a refresh token was redeemed twice\n${this.gates.log.join('\n')}`);
  }

  /** What an attempt gets from its worker. */
  depsOf(attempt: number): ActivityDeps {
    const vault = this.#vaultOf(attempt);
    const issuer = this.#issuerOf(attempt);
    const door = { gates: this.gates, leave: (write: () => unknown): void => this.leave(write) };
    const open = { driver: 'example', issuer, parameters: {}, revokeIsolated: false } as const;
    return {
      connections: {
        vault: async () => vault,
        issuer: async () => ({ ...open, firstGrant: new Secret(this.firstGrant) }),
        sink: async (name) => ({
          sink: sinkOf(door, this.sinks.get(name)!, name, attempt),
          target: {},
          place: name,
          holdsForMs: 0,
        }),
        notify: async () => {},
        close: async () => {},
      },
      now: () => this.nowOf(attempt),
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
        const write = async (): Promise<number | null> => {
          const written = await vault.compareAndSet(key, revision, text);
          if (written !== null) this.noteStored(text);
          return written;
        };
        await gates.turn(attempt, 'writes', undefined, () => this.leave(write));
        if (this.vaultFails === 'late') this.late.push(write);
        this.#failVault('before');
        this.#failVault('late');
        const written = await write();
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

  #failVault(when: typeof this.vaultFails): void {
    if (this.vaultFails !== when) return;
    this.vaultFails = null;
    throw new TokenError('VaultUnavailable', `the vault fails ${when} a write`);
  }

  #issuerOf(attempt: number): Issuer {
    const { provider, gates } = this;
    const { mintable, overlap, retire } = this.#traits;
    const { reissue } = provider;
    return {
      capabilities: () => ({ mintable, reissue, replayWindowMs: replayWindowMs - slackMs, overlap, retire }),
      issue: async ({ continuation, signal }) => {
        const requestedAt = this.nowOf(attempt);
        await gates.turn(attempt, onItsWay, signal);
        const { value, next } = provider.issue(continuation?.reveal());
        await gates.turn(attempt, 'is answered', signal);
        const more = next === undefined ? {} : { continuation: new Secret(next) };
        return { value: new Secret(value), requestedAt, expiresInS: lifetimeS, ...more };
      },
      verify: async ({ value, signal }) => {
        await gates.turn(attempt, 'verifies', signal);
        const method = 'introspection';
        return provider.isAlive(value.reveal()) ? { active: true, method, claims: {} } : { active: false, method };
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
}
