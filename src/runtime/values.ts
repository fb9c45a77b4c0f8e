import { requireSpan } from '../client/numbers.js';
import { withTimeout } from '../common/awaiting.js';
import { hasCode, TokenError } from '../core/errors.js';
import { currentOf, parseRecord } from '../core/record/record.js';
import { asTokenError } from '../core/unexpected.js';
import type { Vault } from '../vaults/vault.js';

/** A token as a job uses it. Keep `value` no longer than the call that needs it. */
export interface HeldToken {
  readonly value: string;
  readonly generation: number;
  /** Unix ms; null: does not expire. */
  readonly expiresAt: number | null;
}

/** Where values are read, and for how long they are used. */
export interface ValuesOptions {
  /** The vault of a key. */
  readonly vault: (key: string) => Promise<Vault>;
  /** How long a value is used without reading the vault again, in ms; stay below the grace of your tokens. Default 5,000. */
  readonly cacheMs?: number | undefined;
  /** A value is not used within this time before its expiry, in ms. Default 1,000. */
  readonly skewMs?: number | undefined;
  /** How long reading the vault may take, in ms, before it is `VaultUnavailable`. Default 15,000; any vault call is given up after 20,000. */
  readonly vaultTimeoutMs?: number | undefined;
}

/** A value as it was read. */
export interface Cached extends HeldToken {
  readonly driver: string | null;
  /** Unix ms until which it may be used without reading the vault again. */
  readonly freshUntil: number;
}

/** The values of a process as last read from its vaults: a small cache, where each key is read by one caller at a time. */
export class Values {
  readonly #vault: ValuesOptions['vault'];
  readonly #cacheMs: number;
  readonly #skewMs: number;
  readonly #vaultTimeoutMs: number;
  readonly #cache = new Map<string, Cached>();
  readonly #reads = new Map<string, Promise<Cached>>();

  /** @throws TokenError `ConfigInvalid` for a span that is none */
  constructor({ vault, cacheMs = 5_000, skewMs = 1_000, vaultTimeoutMs = 15_000 }: ValuesOptions) {
    for (const [name, ms] of Object.entries({ cacheMs, skewMs, vaultTimeoutMs })) requireSpan(ms, name);
    this.#vault = vault;
    this.#cacheMs = cacheMs;
    this.#skewMs = skewMs;
    this.#vaultTimeoutMs = vaultTimeoutMs;
  }

  /** The value that may be used without reading the vault; undefined: none. */
  hot(key: string): Cached | undefined {
    const cached = this.#cache.get(key);
    if (cached === undefined) return undefined;
    const leftMs = cached.freshUntil - Date.now();
    // Longer than it was ever to be used: the clock was set back since.
    return leftMs > 0 && leftMs <= this.#cacheMs ? cached : undefined;
  }

  /** The current value. @throws TokenError `NotKept` where the vault holds none; those of the vault */
  async current(key: string): Promise<Cached> {
    const hot = this.hot(key);
    if (hot !== undefined) return hot;
    return this.#read(key).catch((error: unknown) => this.#stale(key, this.#cache.get(key), error));
  }

  isDead(held: HeldToken): boolean {
    return held.expiresAt !== null && Date.now() >= held.expiresAt - this.#skewMs;
  }

  /** Forgets the cached value of a key (of all keys without one). */
  forget(key?: string): void {
    // A read that is under way began before: whoever asks next gets one of its own.
    for (const known of [this.#cache, this.#reads]) {
      if (key === undefined) known.clear();
      else known.delete(key);
    }
  }

  /** Reads the vault, unless another caller's read just found a newer value. */
  async readAnew(key: string, than: number): Promise<Cached> {
    const cached = this.#cache.get(key);
    if (cached !== undefined && cached.generation > than) return cached;
    // No longer fresh, but kept: the next callers use it where the vault is down.
    if (cached !== undefined) this.#cache.set(key, { ...cached, freshUntil: 0 });
    // A read that began earlier may have missed what we know to be there.
    const earlier = await this.#reads.get(key);
    return earlier !== undefined && earlier.generation > than ? earlier : this.#read(key);
  }

  /** A vault that is down does not stop a job whose value lives: it uses that, and reads again later. */
  #stale(key: string, cached: Cached | undefined, error: unknown): Cached {
    const isAway = hasCode(error, 'VaultUnavailable');
    if (!isAway || cached === undefined || this.isDead(cached)) throw error;
    const held = { ...cached, freshUntil: this.#freshUntil(cached.expiresAt) };
    this.#cache.set(key, held);
    return held;
  }

  #freshUntil(expiresAt: number | null): number {
    return Math.min(Date.now() + this.#cacheMs, expiresAt === null ? Infinity : expiresAt - this.#skewMs);
  }

  #read(key: string): Promise<Cached> {
    const underway = this.#reads.get(key);
    if (underway !== undefined) return underway;
    const isNewest = (): boolean => this.#reads.get(key) === read;
    const read = this.#fromVault(key)
      .then(
        (held) => {
          if (isNewest()) this.#cache.set(key, held);
          return held;
        },
        (error: unknown) => {
          // Revoked, or kept no more: it must not come back where the vault is away later, nor stay here.
          if (hasCode(error, 'NotKept') && isNewest()) this.#cache.delete(key);
          throw error;
        },
      )
      .finally(() => {
        if (isNewest()) this.#reads.delete(key);
      });
    this.#reads.set(key, read);
    return read;
  }

  async #fromVault(key: string): Promise<Cached> {
    const limitMs = this.#vaultTimeoutMs;
    const late = { code: 'VaultUnavailable', message: `the vault gave no answer within ${limitMs / 1000} s` } as const;
    // Many callers wait for one read, which must not hang for all of them.
    const record = await withTimeout(limitMs, late, async (signal) => {
      const vault = await this.#vault(key);
      const document = await vault.read(key, signal);
      return document === null ? null : parseRecord(document.text, key, vault.id);
    }).catch((error: unknown) => {
      // A driver's error may contain a value, and this one goes into the history of whoever runs the job.
      throw asTokenError(error, 'the vault');
    });
    const current = record === null ? null : currentOf(record);
    if (record === null || current === null) {
      // Whether it is declared is not known here: a declared token may wait for a person, which its status tells.
      throw new TokenError('NotKept', `the vault holds no value of ${key}`, {
        do: 'declare and apply the token, or see what it waits for: tokenkeeper status KEY',
      });
    }
    const { value, generation, expiresAt } = current;
    const driver = record.issuer?.driver ?? null;
    return { value, generation, expiresAt, driver, freshUntil: this.#freshUntil(expiresAt) };
  }
}
