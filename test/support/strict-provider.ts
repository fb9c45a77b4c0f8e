import { TokenError } from '../../src/core/errors.js';
import type { ReissueClass } from '../../src/core/record/reissue.js';

/** How long a model of class C answers a redeemed refresh token again, in ms. */
export const replayWindowMs = 20_000;

/** Lifetime of a value, in s. */
export const lifetimeS = 3_600;

interface Answer {
  readonly value: string;
  /** The next refresh token; undefined: the class has none. */
  readonly next?: string;
}

/** A provider that takes each refresh token once, and a second one for theft; of class C it repeats its answer for a while. */
export class StrictProvider {
  readonly alive = new Set<string>();
  /** The refresh token that it takes next. */
  grant = 'first';
  /** Refresh tokens that it got a second time. */
  thefts = 0;
  /** So many requests are refused next. */
  refusals = 0;
  #issued = 0;
  #grants = 1;
  /** Of every value, Unix ms by the provider's clock. */
  readonly #expiries = new Map<string, number>();
  readonly #redeemed = new Map<string, Answer & { readonly at: number }>();

  constructor(readonly reissue: ReissueClass) {}

  /** Every value it has issued that can still be used. */
  usable(): string[] {
    return [...this.alive].filter((value) => this.isAlive(value));
  }

  isAlive(value: string): boolean {
    return this.alive.has(value) && Date.now() < (this.#expiries.get(value) ?? Infinity);
  }

  /** A person gets a new first grant. */
  authorize(): string {
    this.grant = `first-${++this.#grants}`;
    return this.grant;
  }

  /** A person gets a value that does not expire. */
  bring(): string {
    const value = `brought-${++this.#issued}`;
    this.alive.add(value);
    return value;
  }

  issue(continuation: string | undefined): Answer {
    if (this.refusals > 0) throw this.#refusal();
    if (this.reissue === 'A' || this.reissue === 'B') return { value: this.#mint() };
    const now = Date.now();
    const before = this.#redeemed.get(continuation ?? '');
    if (before !== undefined && this.reissue === 'C' && now < before.at + replayWindowMs) return before;
    if (before !== undefined) this.thefts++;
    if (continuation !== this.grant) throw new TokenError('InvalidGrant', 'no refresh token of mine');
    const answer = { at: now, value: this.#mint(), next: `refresh-${this.#issued}` };
    this.#redeemed.set(continuation, answer);
    this.grant = answer.next;
    return answer;
  }

  #mint(): string {
    const value = `value-${++this.#issued}`;
    this.alive.add(value);
    this.#expiries.set(value, Date.now() + lifetimeS * 1_000);
    return value;
  }

  #refusal(): TokenError {
    this.refusals--;
    return this.refusals % 2 === 0
      ? new TokenError('ProviderUnavailable', 'nobody listens', { nothingIssued: true })
      : new TokenError('RateLimited', 'too many requests');
  }
}
