import type { Child } from '../../src/server/child.js';

const stopLimitMs = 60_000;

/** The parts of the stack that run, by name. */
export class Parts {
  /** Resolves when a part has ended unasked, and says which and how. */
  readonly failed: Promise<string>;
  readonly #running = new Map<string, Child>();
  #fail: (how: string) => void = () => {};

  constructor() {
    this.failed = new Promise((settle) => (this.#fail = settle));
  }

  async start(name: string, begin: () => Promise<Child>): Promise<void> {
    const child = await begin();
    this.#running.set(name, child);
    void child.ended.then((how) => {
      if (this.#running.get(name) === child) this.#fail(`${name} has ended: ${how}`);
    });
  }

  async stop(name: string): Promise<void> {
    const child = this.#running.get(name);
    this.#running.delete(name);
    await child?.stop(stopLimitMs);
  }

  /** The last started first. */
  async stopAll(): Promise<void> {
    for (const name of [...this.#running.keys()].reverse()) await this.stop(name);
  }
}
