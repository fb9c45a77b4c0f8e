import { Transform, type TransformCallback } from 'node:stream';
import { formsOf } from './secret-forms.js';

const mask = Buffer.from('[secret]');

/** What is to be hidden; it only ever grows: a program that was started again may still print the value of before. */
export class HiddenSecrets {
  readonly #known = new Set<string>();
  #forms: readonly Buffer[] = [];
  #starts: ReadonlySet<number> = new Set();

  constructor(secrets: readonly string[] = []) {
    this.add(secrets);
  }

  add(secrets: readonly string[]): void {
    for (const secret of secrets) if (secret !== '') for (const form of formsOf(secret)) this.#known.add(form);
    // The longest first: one may contain another.
    this.#forms = [...this.#known].map((form) => Buffer.from(form)).toSorted((a, b) => b.length - a.length);
    this.#starts = new Set(this.#forms.map((form) => form[0] ?? -1));
  }

  /** The longest form that begins at a place, in bytes; 0: none. */
  lengthAt(bytes: Buffer, at: number): number {
    const form = this.#forms.find((one) => bytes.subarray(at, at + one.length).equals(one));
    return form?.length ?? 0;
  }

  /** Whether what stands from a place to the end may become a form, or a longer one. */
  mayGoOn(bytes: Buffer, at: number): boolean {
    const length = bytes.length - at;
    return this.#forms.some((one) => one.length > length && one.subarray(0, length).equals(bytes.subarray(at)));
  }

  /** The first place from which some form may begin; -1: none. */
  next(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      if (this.#starts.has(bytes[at] ?? -1)) return at;
    }
    return -1;
  }
}

/**
 * Hides secrets in what passes, also across chunks: it holds back only what may be the start of a secret, or of a longer one,
 * so that a prompt is seen at once.
 */
export class MaskStream extends Transform {
  readonly #secrets: HiddenSecrets;
  #held = Buffer.alloc(0);

  constructor(secrets: HiddenSecrets) {
    super();
    this.#secrets = secrets;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    done(null, this.#pass(Buffer.concat([this.#held, chunk]), false));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#pass(this.#held, true));
  }

  /** From left to right, so that what is held back is never half of what would have been hidden. */
  #pass(bytes: Buffer, isEnd: boolean): Buffer {
    const parts: Buffer[] = [];
    let from = 0;
    this.#held = Buffer.alloc(0);
    for (let at = this.#secrets.next(bytes, 0); at !== -1;) {
      if (!isEnd && this.#secrets.mayGoOn(bytes, at)) {
        this.#held = Buffer.from(bytes.subarray(at));
        return Buffer.concat([...parts, bytes.subarray(from, at)]);
      }
      const length = this.#secrets.lengthAt(bytes, at);
      if (length > 0) {
        parts.push(bytes.subarray(from, at), mask);
        from = at + length;
      }
      at = this.#secrets.next(bytes, at + Math.max(1, length));
    }
    return Buffer.concat([...parts, bytes.subarray(from)]);
  }
}
