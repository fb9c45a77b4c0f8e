import type { TokenKeeperClient } from './client.js';
import { isAcquittal, RequestRefused } from './core/lifecycle/refusals.js';
import { hasCode, TokenError } from './core/errors.js';
import type { IssuerDriver } from './issuers/issuer.js';
import { unlessAborted } from './common/awaiting.js';
import { discardAnswer } from './runtime/discard-answer.js';
import { usageAnswerOf } from './runtime/usage-answer.js';
import { Values, type Cached, type HeldToken, type ValuesOptions } from './runtime/values.js';
import { timings } from './core/timings.js';

export type { HeldToken } from './runtime/values.js';

/** Where values come from, and where refused ones are reported. */
export interface TokensOptions extends ValuesOptions {
  readonly client: Pick<TokenKeeperClient, 'reportFailure'>;
  readonly issuers: Readonly<Record<string, Pick<IssuerDriver, 'isAuthenticationFailure'>>>;
}

/** Options for one use of a token. */
export interface WithTokenOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for a newer generation, in ms. Default 60,000. */
  readonly deadlineMs?: number | undefined;
}

/** One use of a token by a job. */
interface Use<T> {
  readonly key: string;
  readonly held: Cached;
  readonly fn: (token: HeldToken, signal?: AbortSignal) => Promise<T>;
  readonly options: WithTokenOptions;
}

/**
 * Fetches tokens at run time and heals the job that uses them. One instance per process: all callers share its small cache, and each key
 * is read by one of them at a time.
 */
export class Tokens {
  readonly #options: TokensOptions;
  readonly #values: Values;

  /** @throws TokenError `ConfigInvalid` for a `cacheMs`, `skewMs` or `vaultTimeoutMs` that is no span */
  constructor(options: TokensOptions) {
    this.#options = options;
    this.#values = new Values(options);
  }

  /** The current value. @throws TokenError `NotKept` where the vault holds none, `TokenExpired` where it is dead */
  async get(key: string): Promise<HeldToken> {
    const held = await this.#values.current(key);
    return this.#values.isDead(held) ? this.#expired(key, held) : ownOf(held);
  }

  /**
   * Calls `fn` with the current value. If it fails in the way that the issuer declares for a dead token (an error with an HTTP status, or
   * a Response), reports the generation, waits for a newer one and calls `fn` once more.
   * @throws whatever `fn` throws; TokenError `RotationPending`, `RotationFailed` or, where Temporal is unreachable, `ServerUnavailable`,
   * each with `retryAfterMs`; RequestRefused where no newer one will come by itself, as of a paused token; as {@link get}, and `NotKept`
   * also where a value was refused that nobody keeps any more
   */
  withToken<T>(
    key: string,
    fn: (token: HeldToken, signal?: AbortSignal) => Promise<T>,
    options: WithTokenOptions = {},
  ): Promise<T> {
    const hot = this.#values.hot(key);
    // The fast path: no vault, and no promise but the job's own.
    if (hot !== undefined) return this.#use({ key, held: hot, fn, options });
    return unlessAborted(options.signal, this.#values.current(key)).then((held) =>
      this.#use({ key, held, fn, options }),
    );
  }

  /** Forgets the cached value of a key (of all keys without one). */
  forget(key?: string): void {
    this.#values.forget(key);
  }

  async #use<T>(use: Use<T>): Promise<T> {
    const { key, held, fn, options } = use;
    options.signal?.throwIfAborted();
    if (this.#values.isDead(held)) return this.#again(use, () => this.#expired(key, held));
    let result: T;
    try {
      result = await fn(ownOf(held), options.signal);
    } catch (error) {
      if (!this.#isAuthenticationFailure(held, error)) throw error;
      return this.#again(use, () => {
        throw error;
      });
    }
    if (!this.#isAuthenticationFailure(held, result)) return result;
    return this.#again(use, () => result, result);
  }

  /**
   * Calls `fn` once more, with a newer generation.
   * @param fine - what to do where the provider says that the token is not to blame
   * @param refusal - the answer to discard where there is a newer generation
   */
  async #again<T>({ key, held, fn, options }: Use<T>, fine: () => T, refusal?: T): Promise<T> {
    const newer = await this.#newerThan(key, held, options);
    if (newer === null) return fine();
    discardAnswer(refusal);
    return fn(ownOf(newer), options.signal);
  }

  /** A newer generation; null where the provider accepts this one. */
  async #newerThan(key: string, held: Cached, options: WithTokenOptions): Promise<Cached | null> {
    const seen = await unlessAborted(options.signal, this.#values.readAnew(key, held.generation));
    const isNewer = seen.generation > held.generation;
    if (isNewer && !this.#values.isDead(seen)) return seen;
    const { generation } = isNewer ? seen : held;
    const answer = await this.#report(key, generation, options);
    if (answer === 'fine') return null;
    const fresh = await unlessAborted(options.signal, this.#values.readAnew(key, generation));
    // The report may have taken longer than a short-lived value lives.
    if (fresh.generation > generation && !this.#values.isDead(fresh)) return fresh;
    if (answer instanceof TokenError) throw answer;
    const newest = Math.max(fresh.generation, generation);
    throw new TokenError('RotationPending', `no newer generation of ${key} than ${newest} yet`, {
      retryAfterMs: 5_000,
      ...(answer === 'untaken'
        ? { do: 'ask again; if that lasts, see that a worker runs: tokenkeeper status KEY' }
        : {}),
    });
  }

  /** @returns an error where Temporal is unreachable: the vault may still have a newer value. */
  async #report(
    key: string,
    generation: number,
    options: WithTokenOptions,
  ): Promise<'fine' | 'newer' | 'untaken' | TokenError> {
    try {
      const answer = await this.#options.client.reportFailure(key, generation, {
        reason: 'ReportedDead',
        signal: options.signal,
        deadlineMs: options.deadlineMs ?? timings.updateWaitMs,
      });
      if (answer.status === 'fine') return 'fine';
      if (answer.status === 'failed' && answer.code === 'NotMintable')
        throw new RequestRefused('reportFailure', answer.code, generation);
      if (answer.status === 'failed') {
        throw new TokenError('RotationFailed', `${key} could not be rotated: ${answer.code ?? 'unknown'}`, {
          retryAfterMs: 10_000,
        });
      }
      return answer.status === 'pending' && answer.generation === 0 ? 'untaken' : 'newer';
    } catch (error) {
      if (error instanceof RequestRefused && isAcquittal(error.refusal)) return 'fine';
      if (hasCode(error, 'ServerUnavailable')) return error;
      throw error;
    }
  }

  #expired(key: string, held: Cached): never {
    throw new TokenError('TokenExpired', `generation ${held.generation} of ${key} is expired`);
  }

  #isAuthenticationFailure(held: Cached, outcome: unknown): boolean {
    if (held.driver === null || typeof outcome !== 'object' || outcome === null) return false;
    const answer = usageAnswerOf(outcome);
    if (answer === null) return false;
    try {
      return this.#options.issuers[held.driver]?.isAuthenticationFailure(answer) === true;
    } catch {
      // A driver's bug must not become the job's failure.
      return false;
    }
  }
}

/** A caller's own: one that blanks its value after use must not blank everybody's. */
const ownOf = ({ value, generation, expiresAt }: Cached): HeldToken => ({ value, generation, expiresAt });
