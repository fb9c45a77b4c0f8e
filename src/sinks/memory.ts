import { z } from 'zod';
import { unlessAborted } from '../common/awaiting.js';
import { TokenError } from '../core/errors.js';
import { Secret } from '../core/secret.js';
import type { DriverDeps } from '../drivers.js';
import { abortError, throwIfAborted } from './abort.js';
import { refuseForeign } from './mark.js';
import { defineSink, type Sink, type SinkRequest } from './sink.js';

const connection = z.strictObject({
  /** Sinks with the same name share their content, within the process. */
  name: z.string().min(1).optional(),
});

const target = z.strictObject({
  /** Default: the token's key. */
  slot: z.string().min(1).optional(),
});

type Connection = z.infer<typeof connection>;
type Target = z.infer<typeof target>;

/** One accepted write. */
export interface MemoryWrite {
  readonly key: string;
  readonly slot: string;
  readonly generation: number;
  readonly fingerprint: string;
  /** Unix ms. */
  readonly at: number;
}

interface Slot {
  readonly value: Secret;
  /** Null: planted by a test, not ours. */
  readonly owner: { readonly key: string; readonly generation: number } | null;
}

/** A consumer in memory, for tests and benchmarks: records what it got, and fails on request. */
export class MemorySink {
  readonly slots = new Map<string, Slot>();
  /** Every accepted write, oldest first; a repeated one is counted in `calls`, but not listed. */
  readonly writes: MemoryWrite[] = [];
  readonly calls = { check: 0, write: 0, read: 0, remove: 0 };
  #failures: TokenError[] = [];
  #outage: TokenError | null = null;
  #gate: Promise<void> | null = null;

  /** The next `times` calls fail. */
  failNext(error = new TokenError('SinkUnavailable', 'memory sink: asked to fail'), times = 1): void {
    for (let i = 0; i < times; i += 1) this.#failures.push(error);
  }

  /** Every call fails until the returned function is called. */
  failUntil(error = new TokenError('SinkUnavailable', 'memory sink: down')): () => void {
    this.#outage = error;
    return () => (this.#outage = null);
  }

  /** Every call waits, or is aborted, until the returned function is called. */
  hold(): () => void {
    let open = () => {};
    this.#gate = new Promise((resolve) => (open = resolve));
    return () => {
      this.#gate = null;
      open();
    };
  }

  /** Puts a value there that tokenkeeper did not write. */
  plant(slot: string, value: string): void {
    this.slots.set(slot, { value: new Secret(value), owner: null });
  }

  /** What a consumer would read. */
  held(slot: string): Secret | null {
    return this.slots.get(slot)?.value ?? null;
  }

  /** Empties it and cancels all requested failures and holds. */
  reset(): void {
    this.slots.clear();
    this.writes.length = 0;
    Object.assign(this.calls, { check: 0, write: 0, read: 0, remove: 0 });
    this.#failures = [];
    this.#outage = null;
    this.#gate = null;
  }

  /** @internal Every call starts with this. */
  async admit(call: keyof MemorySink['calls'], signal: AbortSignal): Promise<void> {
    this.calls[call] += 1;
    throwIfAborted(signal, 'memory sink');
    if (this.#gate) await unlessAborted(signal, this.#gate, (over) => abortError(over, 'memory sink'));
    const failure = this.#outage ?? this.#failures.shift();
    if (failure) throw failure;
  }
}

const sinks = new Map<string, MemorySink>();

/** The sink of this name, created at the first call. */
export function memorySink(name = 'default'): MemorySink {
  const known = sinks.get(name) ?? new MemorySink();
  sinks.set(name, known);
  return known;
}

/** Delivers into the process itself; for tests and benchmarks. */
export const memory = defineSink<Connection, Target>({
  name: 'memory',
  connection,
  target,
  open: ({ name }, deps) => Promise.resolve(openMemorySink(memorySink(name), deps)),
  place: ({ name = 'default' }, key, { slot }) => `${name}#${slot ?? key}`,
});

function openMemorySink(sink: MemorySink, deps: DriverDeps): Sink<Target> {
  const slotFor = ({ key, target: { slot }, takeOver }: SinkRequest<Target>) => {
    const place = slot ?? key;
    const standing = sink.slots.get(place) ?? null;
    const isForeign = standing !== null && standing.owner?.key !== key;
    return { place, standing, isForeign, isBarred: isForeign && !takeOver };
  };

  return {
    async check(request) {
      await sink.admit('check', request.signal);
      const { place, isBarred } = slotFor(request);
      if (isBarred) refuseForeign(place, request.key);
    },

    async write(delivery) {
      await sink.admit('write', delivery.signal);
      const { place, standing, isForeign, isBarred } = slotFor(delivery);
      if (isBarred) refuseForeign(place, delivery.key);
      const { key, generation, value } = delivery;
      const fingerprint = delivery.fingerprint(value.reveal());
      const isSame = !isForeign && standing?.value.reveal() === value.reveal();
      sink.slots.set(place, { value, owner: { key, generation } });
      if (isSame && standing.owner?.generation === generation) return;
      sink.writes.push({ key, slot: place, generation, fingerprint, at: await deps.now() });
    },

    async read(request) {
      await sink.admit('read', request.signal);
      const { standing, isForeign } = slotFor(request);
      if (standing === null) return { found: 'nothing' };
      return {
        found: 'value',
        ours: !isForeign,
        fingerprint: request.fingerprint(standing.value.reveal()),
        generation: isForeign ? null : (standing.owner?.generation ?? null),
      };
    },

    async remove(request) {
      await sink.admit('remove', request.signal);
      const { place, isForeign } = slotFor(request);
      if (!isForeign) sink.slots.delete(place);
    },
  };
}
