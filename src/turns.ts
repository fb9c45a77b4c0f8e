/**
 * Queues of this process, one a name: first come, first served. For what only one may do at a time, and where waiting by polling, or inside
 * a library that stands still meanwhile, would keep the one from ending it.
 */
export class Turns {
  /** What the last one in each queue waits for, and whoever comes next. */
  readonly #last = new Map<string, Promise<void>>();

  /** Runs `work` when all that was asked for before under this name is over, whatever became of it. */
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

  /** Ends when the queue as it is now has ended; undefined where nobody is in it. */
  lastOf(name: string): Promise<void> | undefined {
    return this.#last.get(name);
  }
}
