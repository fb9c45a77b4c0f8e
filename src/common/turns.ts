/**
 * Queues within this process, one per name: first come, first served. For work that only one caller may do at a time, where polling, or a
 * library that blocks meanwhile, would keep that caller from finishing.
 */
export class Turns {
  /** The end of the last work in each queue. */
  readonly #last = new Map<string, Promise<void>>();

  /** Runs `work` when all earlier work under this name is over, whether or not it failed. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const result = before.then(work);
    const over = result.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(name, over);
    try {
      return await result;
    } finally {
      if (this.#last.get(name) === over) this.#last.delete(name);
    }
  }

  /** Resolves when the present queue is done; undefined where it is empty. */
  lastOf(name: string): Promise<void> | undefined {
    return this.#last.get(name);
  }
}
