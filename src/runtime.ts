import type { TokenKeeperClient } from './client.js';
import { RequestRefused } from './core/refusals.js';
import { TokenError } from './core/errors.js';
import { currentOf, parseRecord } from './core/record.js';
import type { IssuerDriver } from './issuers/issuer.js';
import { heeding, within } from './awaiting.js';
import { discardAnswer } from './runtime/discard-answer.js';
import { usageAnswerOf } from './runtime/usage-answer.js';
import type { Vault } from './vaults/vault.js';

/** A token as a job uses it. Keep `value` no longer than the call that needs it. */
export interface HeldToken {
  readonly value: string;
  readonly generation: number;
  /** Unix ms; null: does not expire. */
  readonly expiresAt: number | null;
}

/** Where values come from, and who is told of those that are refused. */
export interface TokensOptions {
  /** The vault that a key is kept in. */
  readonly vault: (key: string) => Promise<Vault>;
  readonly client: Pick<TokenKeeperClient, 'reportFailure'>;
  readonly issuers: Readonly<Record<string, Pick<IssuerDriver, 'isAuthenticationFailure'>>>;
  /** How long a value is used without a look into the vault, in ms; stay below the grace of your tokens. Default 5,000. */
  readonly cacheMs?: number | undefined;
  /** A value is not used later than this before its expiry, in ms. Default 1,000. */
  readonly skewMs?: number | undefined;
  /** How long a look into the vault may take, in ms; then it is `VaultUnavailable`. Default 15,000. */
  readonly vaultTimeoutMs?: number | undefined;
}

/** Of one use of a token. */
export interface WithTokenOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for a newer generation, in ms. Default 60,000. */
  readonly deadlineMs?: number | undefined;
}

interface Cached extends HeldToken {
  readonly driver: string | null;
  /** Unix ms until which it may be used without a look. */
  readonly freshUntil: number;
}

/**
 * Fetches tokens at run time and heals the job that uses them.
 * One instance a process: its small cache is shared by all callers, and a key is read by one of them at a time.
 */
export class Tokens {
  readonly #options: TokensOptions;
  readonly #cacheMs: number;
  readonly #skewMs: number;
  readonly #vaultTimeoutMs: number;
  readonly #cache = new Map<string, Cached>();
  readonly #reads = new Map<string, Promise<Cached>>();

  constructor(options: TokensOptions) {
    this.#options = options;
    this.#cacheMs = options.cacheMs ?? 5_000;
    this.#skewMs = options.skewMs ?? 1_000;
    this.#vaultTimeoutMs = options.vaultTimeoutMs ?? 15_000;
  }

  /** The current value. @throws TokenError `NotKept` where the vault holds none, `TokenExpired` where it is dead */
  async get(key: string): Promise<HeldToken> {
    const held = await this.#current(key);
    if (this.#isDead(held)) throw new TokenError('TokenExpired', `generation ${held.generation} of ${key} is expired`);
    return held;
  }

  /**
   * Calls `fn` with the current value. If it fails the way the issuer says a dead token fails (an error with an HTTP status, or a
   * Response), reports the generation, waits for a newer one and calls `fn` once more.
   * @throws whatever `fn` throws; TokenError `RotationPending`, `RotationFailed` or, where Temporal is away, `ServerUnavailable`, each
   * with `retryAfterMs`
   */
  withToken<T>(
    key: string,
    fn: (token: HeldToken, signal?: AbortSignal) => Promise<T>,
    options: WithTokenOptions = {},
  ): Promise<T> {
    const cached = this.#cache.get(key);
    // The hot path: no vault, no promise but the job's own.
    if (cached !== undefined && Date.now() < cached.freshUntil) return this.#use(key, cached, fn, options);
    return heeding(options.signal, this.#current(key)).then((held) => this.#use(key, held, fn, options));
  }

  /** Forgets what was read of a key (all keys without one). */
  forget(key?: string): void {
    if (key === undefined) this.#cache.clear();
    else this.#cache.delete(key);
  }

  async #use<T>(
    key: string,
    held: Cached,
    fn: (token: HeldToken, signal?: AbortSignal) => Promise<T>,
    options: WithTokenOptions,
  ): Promise<T> {
    options.signal?.throwIfAborted();
    if (this.#isDead(held)) return this.#again(key, held, fn, options, () => this.#expired(key, held));
    let result: T;
    try {
      result = await fn(held, options.signal);
    } catch (error) {
      if (!this.#isAuthenticationFailure(held, error)) throw error;
      return this.#again(key, held, fn, options, () => {
        throw error;
      });
    }
    if (!this.#isAuthenticationFailure(held, result)) return result;
    return this.#again(key, held, fn, options, () => result, result);
  }

  /**
   * Once more, with a newer generation.
   * @param fine - what to do where the provider says that the token is not to blame
   * @param refusal - an answer that the caller does not get where there is a newer one
   */
  async #again<T>(
    key: string,
    held: Cached,
    fn: (token: HeldToken, signal?: AbortSignal) => Promise<T>,
    options: WithTokenOptions,
    fine: () => T,
    refusal?: T,
  ): Promise<T> {
    const newer = await this.#newerThan(key, held, options);
    if (newer === null) return fine();
    discardAnswer(refusal);
    return fn(newer, options.signal);
  }

  /** A newer generation; null where the provider accepts this one. */
  async #newerThan(key: string, held: Cached, options: WithTokenOptions): Promise<Cached | null> {
    const seen = await heeding(options.signal, this.#readAnew(key, held.generation));
    const isNewer = seen.generation > held.generation;
    if (isNewer && !this.#isDead(seen)) return seen;
    const { generation } = isNewer ? seen : held;
    const answer = await this.#report(key, generation, options);
    if (answer === 'fine') return null;
    const fresh = await heeding(options.signal, this.#readAnew(key, generation));
    // The report may have waited longer than a short-lived value lives.
    if (fresh.generation > generation && !this.#isDead(fresh)) return fresh;
    if (answer !== 'newer') throw answer;
    const newest = Math.max(fresh.generation, generation);
    throw new TokenError('RotationPending', `no newer generation of ${key} than ${newest} yet`, {
      retryAfterMs: 5_000,
    });
  }

  /** @returns an error where Temporal is away: what the vault says still counts. */
  async #report(key: string, generation: number, options: WithTokenOptions): Promise<'fine' | 'newer' | TokenError> {
    try {
      const answer = await this.#options.client.reportFailure(key, generation, {
        reason: 'ReportedDead',
        signal: options.signal,
        deadlineMs: options.deadlineMs ?? 60_000,
      });
      if (answer.status === 'fine') return 'fine';
      if (answer.status === 'failed') {
        throw new TokenError('RotationFailed', `${key} could not be rotated: ${answer.code ?? 'unknown'}`, {
          retryAfterMs: 10_000,
        });
      }
      return 'newer';
    } catch (error) {
      if (error instanceof RequestRefused && error.refusal === 'Fine') return 'fine';
      if (error instanceof TokenError && error.code === 'ServerUnavailable') return error;
      throw error;
    }
  }

  #expired(key: string, held: Cached): never {
    throw new TokenError('TokenExpired', `generation ${held.generation} of ${key} is expired`);
  }

  #isDead(held: HeldToken): boolean {
    return held.expiresAt !== null && Date.now() >= held.expiresAt - this.#skewMs;
  }

  #isAuthenticationFailure(held: Cached, outcome: unknown): boolean {
    if (held.driver === null || typeof outcome !== 'object' || outcome === null) return false;
    const answer = usageAnswerOf(outcome);
    if (answer === null) return false;
    try {
      return this.#options.issuers[held.driver]?.isAuthenticationFailure(answer) === true;
    } catch {
      // A mistake of a driver is not the job's.
      return false;
    }
  }

  async #current(key: string): Promise<Cached> {
    const cached = this.#cache.get(key);
    if (cached !== undefined && Date.now() < cached.freshUntil) return cached;
    return this.#read(key).catch((error: unknown) => this.#static(key, cached, error));
  }

  /** A vault that is away does not stop a job whose value lives: it goes on with that, and looks again later. */
  #static(key: string, cached: Cached | undefined, error: unknown): Cached {
    const isAway = error instanceof TokenError && error.code === 'VaultUnavailable';
    if (!isAway || cached === undefined || this.#isDead(cached)) throw error;
    const held = { ...cached, freshUntil: this.#freshUntil(cached.expiresAt) };
    this.#cache.set(key, held);
    return held;
  }

  #freshUntil(expiresAt: number | null): number {
    return Math.min(Date.now() + this.#cacheMs, expiresAt === null ? Infinity : expiresAt - this.#skewMs);
  }

  /** A look into the vault, unless another caller's look just found a newer one. */
  async #readAnew(key: string, than: number): Promise<Cached> {
    const cached = this.#cache.get(key);
    if (cached !== undefined && cached.generation > than) return cached;
    // Not hot any more, yet kept: the next callers go on with it where the vault is away.
    if (cached !== undefined) this.#cache.set(key, { ...cached, freshUntil: 0 });
    // A look that began before us may have missed what we know to be there.
    const earlier = await this.#reads.get(key);
    return earlier !== undefined && earlier.generation > than ? earlier : this.#read(key);
  }

  #read(key: string): Promise<Cached> {
    const underway = this.#reads.get(key);
    if (underway !== undefined) return underway;
    const read = this.#fromVault(key).finally(() => this.#reads.delete(key));
    this.#reads.set(key, read);
    return read;
  }

  async #fromVault(key: string): Promise<Cached> {
    const limitMs = this.#vaultTimeoutMs;
    const late = { code: 'VaultUnavailable', message: `the vault gave no answer within ${limitMs / 1000} s` } as const;
    // Many callers wait for one look, which must not hang for all of them.
    const document = await within(limitMs, late, async (signal) => {
      const vault = await this.#options.vault(key);
      return vault.read(key, signal);
    });
    const record = document === null ? null : parseRecord(document.text, key);
    const current = record === null ? null : currentOf(record);
    if (record === null || current === null) {
      // Declared or not is not known here: one that is kept may wait for a person, which its status tells.
      throw new TokenError('NotKept', `the vault holds no value of ${key}`, {
        do: 'declare and apply the token, or see what it waits for: tokenkeeper status KEY',
      });
    }
    const { value, generation, expiresAt } = current;
    const driver = record.issuer?.driver ?? null;
    const held = { value, generation, expiresAt, driver, freshUntil: this.#freshUntil(expiresAt) };
    this.#cache.set(key, held);
    return held;
  }
}
