/** What a driver's `open` returns. */
export interface Closable {
  close?(): Promise<void>;
}

/**
 * One opened driver that many callers use at once. After it is replaced, it is closed once no call is running and none has begun for a
 * while, since a user between two calls cannot be seen.
 */
export class Shared<T extends Closable> {
  /** The driver; each call through it counts as use. */
  readonly handle: T;
  readonly #driver: T;
  readonly #idleMs: number;
  #onClosed: () => void = () => {};
  #underWay = 0;
  #isRetired = false;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(driver: T, idleMs: number) {
    this.#driver = driver;
    this.#idleMs = idleMs;
    // Not a proxy of the driver itself: a proxy of a frozen object must return its very members.
    this.handle = new Proxy({} as T, {
      get: (_target, name) => this.#member(name),
      has: (_target, name) => Reflect.has(driver, name),
    });
  }

  /** Called when it is replaced: closes it once idle, then calls `onClosed`. */
  retire(onClosed: () => void): void {
    this.#isRetired = true;
    this.#onClosed = onClosed;
    this.#waitForIdle();
  }

  /** Closes now, even while in use. */
  close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#closing ??= closeQuietly(this.#driver).then(() => this.#onClosed());
    return this.#closing;
  }

  #member(name: string | symbol): unknown {
    const member: unknown = Reflect.get(this.#driver, name);
    if (typeof member !== 'function') return member;
    return (...args: unknown[]): unknown => {
      this.#underWay++;
      let result: unknown;
      try {
        result = Reflect.apply(member, this.#driver, args);
      } finally {
        if (!(result instanceof Promise)) this.#done();
      }
      return result instanceof Promise ? result.finally(() => this.#done()) : result;
    };
  }

  #done(): void {
    this.#underWay--;
    if (this.#isRetired) this.#waitForIdle();
  }

  #waitForIdle(): void {
    clearTimeout(this.#timer);
    if (this.#underWay > 0) return;
    this.#timer = setTimeout(() => void this.close(), this.#idleMs);
    // A replaced driver must not keep the process alive.
    this.#timer.unref();
  }
}

/** Closes a driver and ignores its failure: nothing can be done about it. */
export async function closeQuietly(driver: Closable): Promise<void> {
  try {
    await driver.close?.();
  } catch {
    // Ignored.
  }
}
