import type { RefreshInput } from '../../src/activities/inputs.js';
import { refresh } from '../../src/activities/refresh.js';
import type { TokenError } from '../../src/core/errors.js';
import type { RefreshResult } from '../../src/core/lifecycle/events.js';
import { tokenSpec } from './lifecycle.js';
import type { SimulatedOutside } from './simulated-outside.js';

type End = { readonly result: RefreshResult } | { readonly error: TokenError };

/** Attempts of `refresh` at one token, side by side. Time is that of the test's fake timers. */
export class InterleavedAttempts {
  readonly running = new Set<number>();
  readonly spec = tokenSpec();
  /** The generation that the workflow knows. */
  known = 0;
  last: End | null = null;
  #attempts = 0;
  readonly #crashed = new Set<number>();

  constructor(readonly outside: SimulatedOutside) {}

  /** Starts another attempt, as a retry, a reset workflow or a second worker does. */
  start(expectedCurrent = this.known, more: Partial<RefreshInput> = {}): void {
    const number = ++this.#attempts;
    this.running.add(number);
    this.#note(number, `starts at generation ${expectedCurrent}`);
    const asked = { reason: 'Test', actor: 'test', suspected: null, reauthorize: false, preflight: false };
    const spans = { abortAfterMs: 25_000, deadlineAfterMs: 30_000, deliverUntilMs: 29_500, sinkAttemptMs: 5_000 };
    const base = { v: 1, spec: this.spec, vaultId: null, expectedCurrent, sinks: [] } as const;
    const owner = { cluster: 'c', namespace: 'n', workflowId: 'it' };
    const attempt = {
      id: `attempt-${number}`,
      number: 1,
      scheduledAt: Date.now(),
      owner,
      cancelled: new AbortController().signal,
    };
    void refresh(this.outside.depsOf(number), { ...base, ...asked, ...spans, ...more }, attempt).then(
      (result) => this.#end(number, { result }, `${result.outcome} ${result.reference.generation}`),
      (error: unknown) => this.#end(number, { error: error as TokenError }, String(error)),
    );
  }

  /** kill -9: it never goes on. */
  crash(number: number): void {
    this.#note(number, 'is killed');
    this.#crashed.add(number);
    this.running.delete(number);
    this.outside.gates.forget(number);
  }

  #end(number: number, end: End, words: string): void {
    if (this.#crashed.has(number)) return;
    this.running.delete(number);
    this.last = end;
    if ('result' in end) this.known = Math.max(this.known, end.result.reference.generation);
    this.#note(number, words);
  }

  #note(attempt: number, what: string): void {
    this.outside.gates.note(`#${attempt} ${what}`);
  }
}
