import { Transform, type TransformCallback } from 'node:stream';

const mask = Buffer.from('[secret]');

/**
 * Hides secrets in what passes, also across chunks: of the end it holds back only what may be the start of a secret,
 * so that a prompt is seen at once.
 */
export class MaskStream extends Transform {
  readonly #secrets: readonly Buffer[];
  #held = Buffer.alloc(0);

  constructor(secrets: readonly string[]) {
    super();
    // The longest first: one may contain another.
    this.#secrets = secrets
      .filter((secret) => secret !== '')
      .map((secret) => Buffer.from(secret))
      .toSorted((a, b) => b.length - a.length);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const clean = this.#replaceAll(Buffer.concat([this.#held, chunk]));
    const keep = this.#startOfSecretAtEnd(clean);
    this.#held = Buffer.from(clean.subarray(clean.length - keep));
    done(null, clean.subarray(0, clean.length - keep));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#held);
  }

  #replaceAll(bytes: Buffer): Buffer {
    let result = bytes;
    for (const secret of this.#secrets) {
      const parts: Buffer[] = [];
      let from = 0;
      for (let at = result.indexOf(secret); at !== -1; at = result.indexOf(secret, from)) {
        parts.push(result.subarray(from, at), mask);
        from = at + secret.length;
      }
      if (from > 0) result = Buffer.concat([...parts, result.subarray(from)]);
    }
    return result;
  }

  /** How many bytes at the end are the start of some secret. */
  #startOfSecretAtEnd(bytes: Buffer): number {
    let longest = 0;
    for (const secret of this.#secrets) {
      for (let length = Math.min(secret.length - 1, bytes.length); length > longest; length--) {
        if (bytes.subarray(bytes.length - length).equals(secret.subarray(0, length))) longest = length;
      }
    }
    return longest;
  }
}
