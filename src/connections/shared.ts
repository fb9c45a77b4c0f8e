/** What a driver's `open` gives. */
export interface Closable {
  close?(): Promise<void>;
}

/**
 * One opened driver that many callers use at once. When it is replaced it is closed after its users are done:
 * no call is under way, and none has begun for a while, since somebody between two calls cannot be seen.
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
    // Not a proxy of the driver itself: of a frozen object, a proxy may give nothing but the very members.
    this.handle = new Proxy({} as T, {
      get: (_target, name) => this.#member(name),
      has: (_target, name) => Reflect.has(driver, name),
    });
  }

  /** Nobody new gets it from now on; `onClosed` is called when it was closed. */
  retire(onClosed: () => void): void {
    this.#isRetired = true;
    this.#onClosed = onClosed;
    this.#waitForIdle();
  }

  /** Closes now, whoever uses it. */
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

/** A driver that fails to close leaves nothing that anybody could do. */
export async function closeQuietly(driver: Closable): Promise<void> {
  try {
    await driver.close?.();
  } catch {
    // Nothing depends on it.
  }
}
