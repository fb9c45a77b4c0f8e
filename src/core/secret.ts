const inspect = Symbol.for('nodejs.util.inspect.custom');

/** A secret value that does not print, stringify or serialize by accident; `reveal()` is the one way out. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The bytes. Call it as late as possible, and never keep the result. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect](): string {
    return '[secret]';
  }
}
