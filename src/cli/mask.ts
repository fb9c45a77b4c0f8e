import { Transform, type TransformCallback } from 'node:stream';
import { formsOf } from './secret-forms.js';

const mask = '[secret]';

/** The secrets to hide. It only grows: a restarted program may still print an earlier value. */
export class HiddenSecrets {
  readonly #secrets = new Set<string>();
  readonly #known = new Set<string>();
  #forms: readonly string[] = [];
  #pattern: RegExp | null = null;

  constructor(secrets: readonly string[] = []) {
    this.add(secrets);
  }

  add(secrets: readonly string[]): void {
    const fresh = secrets.filter((secret) => secret !== '' && !this.#secrets.has(secret));
    // The same values are added at each look: the pattern need not change.
    if (fresh.length === 0) return;
    for (const secret of fresh) this.#secrets.add(secret);
    const forms = fresh.flatMap(formsOf);
    // One character per byte, so that output that is not UTF-8 passes unchanged.
    for (const form of forms) this.#known.add(Buffer.from(form).toString('latin1'));
    // The longest first, since one may contain another.
    this.#forms = [...this.#known].toSorted((a, b) => b.length - a.length);
    const alternatives = this.#forms.map((form) => form.replaceAll(/[^\w]/g, (char) => `\\x${hexOf(char)}`));
    this.#pattern = alternatives.length === 0 ? null : new RegExp(alternatives.join('|'), 'g');
  }

  /** The first secret at or after `from`. */
  find(text: string, from: number): { readonly index: number; readonly length: number } | null {
    if (this.#pattern === null) return null;
    this.#pattern.lastIndex = from;
    const match = this.#pattern.exec(text);
    return match === null ? null : { index: match.index, length: match[0].length };
  }

  /** The first position from which the rest of the text may become a secret, or a longer one; null: none up to `last`. */
  findStart(text: string, from: number, last: number): number | null {
    const longest = this.#forms[0]?.length ?? 0;
    for (let at = Math.max(from, text.length - longest + 1); at <= last; at++) {
      const rest = text.slice(at);
      if (this.#forms.some((form) => form.length > rest.length && form.startsWith(rest))) return at;
    }
    return null;
  }
}

const hexOf = (char: string): string => char.charCodeAt(0).toString(16).padStart(2, '0');

/**
 * Hides secrets in a stream, even across chunks: it holds back only what may be the start of a secret, or of a longer one, so that a
 * prompt is
 * shown at once.
 */
export class MaskStream extends Transform {
  readonly #secrets: HiddenSecrets;
  #held = '';

  constructor(secrets: HiddenSecrets) {
    super();
    this.#secrets = secrets;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    done(null, this.#pass(this.#held + chunk.toString('latin1'), false));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#pass(this.#held, true));
  }

  /** From left to right, so that what is held back is never half of something that would have been hidden. */
  #pass(text: string, isEnd: boolean): Buffer {
    let shown = '';
    this.#held = '';
    for (let from = 0; ;) {
      const found = this.#secrets.find(text, from);
      const start = isEnd ? null : this.#secrets.findStart(text, from, found?.index ?? text.length - 1);
      const to = start ?? found?.index ?? text.length;
      shown += text.slice(from, to);
      if (start !== null) this.#held = text.slice(start);
      if (start !== null || found === null) return Buffer.from(shown, 'latin1');
      shown += mask;
      from = found.index + found.length;
    }
  }
}
