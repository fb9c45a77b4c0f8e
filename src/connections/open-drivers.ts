import { createHash } from 'node:crypto';
import type { Json } from '../core/json.js';
import { Shared, type Closable } from './shared.js';

interface Slot {
  readonly driver: object;
  readonly settingsHash: string;
  readonly shared: Promise<Shared<Closable>>;
}

/** Keeps each connection's driver open while its resolved settings stay the same. */
export class OpenDrivers {
  readonly #slots = new Map<string, Slot>();
  readonly #retired = new Set<Shared<Closable>>();
  /** Retired ones that are still opening. */
  readonly #retiring = new Set<Promise<void>>();
  readonly #idleMs: number;

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  /** What a driver opened for a connection; opened again where the driver or `settings` changed. A failure is not kept. */
  async get<T extends Closable>(name: string, driver: object, settings: Json, open: () => Promise<T>): Promise<T> {
    // Only a hash stays here: the settings hold secrets.
    const settingsHash = createHash('sha256').update(JSON.stringify(settings)).digest('base64');
    let slot = this.#slots.get(name);
    if (slot === undefined || slot.driver !== driver || slot.settingsHash !== settingsHash) {
      this.#retire(slot);
      slot = { driver, settingsHash, shared: open().then((opened) => new Shared<Closable>(opened, this.#idleMs)) };
      this.#slots.set(name, slot);
      const opened = slot;
      slot.shared.catch(() => {
        if (this.#slots.get(name) === opened) this.#slots.delete(name);
      });
    }
    // Safe: names begin with the kind, so that a name has one kind of driver.
    return (await slot.shared).handle as T;
  }

  /** Retires every driver whose name is no longer wanted. */
  keepOnly(isWanted: (name: string) => boolean): void {
    for (const [name, slot] of this.#slots) {
      if (isWanted(name)) continue;
      this.#slots.delete(name);
      this.#retire(slot);
    }
  }

  /** Closes everything, now. */
  async close(): Promise<void> {
    const open = await Promise.allSettled([...this.#slots.values()].map((slot) => slot.shared));
    this.#slots.clear();
    const shared = open.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    await Promise.all(this.#retiring);
    await Promise.all([...shared, ...this.#retired].map((each) => each.close()));
    this.#retired.clear();
  }

  #retire(slot: Slot | undefined): void {
    if (slot === undefined) return;
    const retiring = slot.shared
      .then(
        (shared) => {
          this.#retired.add(shared);
          shared.retire(() => this.#retired.delete(shared));
        },
        () => {},
      )
      .finally(() => this.#retiring.delete(retiring));
    this.#retiring.add(retiring);
  }
}
