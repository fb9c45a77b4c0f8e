import { randomUUID } from 'node:crypto';
import { TokenError, type ErrorCode } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';

/** The calls of the in-memory provider. */
export type ExampleCall = 'issue' | 'verify' | 'probe' | 'revoke';

/** A request to issue a value. */
export interface ExampleIssue {
  readonly key: string;
  readonly generation: number;
  readonly lifetimeMs: number;
  readonly scopes: readonly string[];
  readonly claims: JsonObject;
  /** Whether the key's older values live on. */
  readonly overlap: boolean;
  /** Unix ms. */
  readonly now: number;
}

interface LivingValue {
  readonly key: string;
  readonly claims: JsonObject;
  readonly expiresAt: number;
}

interface Fault {
  readonly call: ExampleCall | 'any';
  readonly code: ErrorCode;
  readonly after: boolean;
  left: number;
}

/** A provider in memory, for tests and for the first steps of a driver: it knows what it issued, counts, and fails on request. */
export class ExampleProvider {
  readonly #name: string;
  readonly #living = new Map<string, LivingValue>();
  readonly #issued = new Set<string>();
  readonly #values: string[] = [];
  readonly #counts: Record<ExampleCall, number> = { issue: 0, verify: 0, probe: 0, revoke: 0 };
  #faults: Fault[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  issue({ key, generation, lifetimeMs, scopes, claims, overlap, now }: ExampleIssue): string {
    return this.#call('issue', () => {
      if (!overlap) this.#forget(key);
      const value = `example-${randomUUID()}`;
      const expiresAt = now + lifetimeMs;
      const own = {
        iss: `example:${this.#name}`,
        scope: scopes.join(' '),
        iat: Math.floor(now / 1000),
        exp: Math.floor(expiresAt / 1000),
      };
      this.#living.set(value, { key, expiresAt, claims: { ...own, ...claims } });
      this.#issued.add(`${key} ${generation}`);
      this.#values.push(value);
      return value;
    });
  }

  /** The claims of a living value, else null. */
  introspect(value: string, now: number): JsonObject | null {
    return this.#call('verify', () =>
      this.isAlive(value, now) ? { active: true, ...this.#living.get(value)?.claims } : null,
    );
  }

  /** Whether a value is alive at `now`, in Unix ms; not counted. */
  isAlive(value: string, now: number): boolean {
    return now < (this.#living.get(value)?.expiresAt ?? -Infinity);
  }

  wasIssued(key: string, generation: number): boolean {
    return this.#call('probe', () => this.#issued.has(`${key} ${generation}`));
  }

  revoke(value: string): void {
    this.#call('revoke', () => this.#living.delete(value));
  }

  /** Ends a value without its holders knowing. @returns whether it existed. */
  kill(value: string): boolean {
    return this.#living.delete(value);
  }

  /**
   * Makes the next calls fail with `code`. With `after` the provider does the work, but its answer is lost.
   * @param times - default 1
   * @param options.call - default `issue`
   */
  failNext(
    code: ErrorCode,
    times = 1,
    { call = 'issue', after = false }: { call?: ExampleCall | 'any'; after?: boolean } = {},
  ): void {
    this.#faults.push({ call, code, after, left: times });
  }

  /** Cancels all pending faults. */
  recover(): void {
    this.#faults = [];
  }

  /** How often each call reached the provider and was served. */
  get counts(): Readonly<Record<ExampleCall, number>> {
    return { ...this.#counts };
  }

  /** Every value ever issued, oldest first, e.g. to search for leaks. */
  get values(): readonly string[] {
    return [...this.#values];
  }

  #call<T>(call: ExampleCall, serve: () => T): T {
    const fault = this.#faults.find((candidate) => ['any', call].includes(candidate.call) && candidate.left > 0);
    if (fault !== undefined) fault.left -= 1;
    const failure = fault && new TokenError(fault.code, `example provider: ${call} was told to fail`);
    if (failure !== undefined && fault?.after !== true) throw failure;
    this.#counts[call] += 1;
    const answer = serve();
    if (failure !== undefined) throw failure;
    return answer;
  }

  #forget(key: string): void {
    for (const [value, held] of this.#living) if (held.key === key) this.#living.delete(value);
  }
}

const providers = new Map<string, ExampleProvider>();

/** The in-memory provider of a name, created on demand; one per process. */
export function exampleProvider(name: string): ExampleProvider {
  const known = providers.get(name) ?? new ExampleProvider(name);
  providers.set(name, known);
  return known;
}
