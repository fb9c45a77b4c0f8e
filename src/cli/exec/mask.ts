import { Transform, type TransformCallback } from 'node:stream';
import { formsOf } from './secret-forms.js';

const mask = '[secret]';

/** So many first characters tell forms from other text. Forms may be shorter. */
const startLength = 8;

/** So many secrets are hidden: hourly values of six weeks. More would fill the memory of a program that runs for months. */
const kept = 1_000;

/** The secrets to hide, earlier ones included: a restarted program may still print one. */
export class HiddenSecrets {
  /** The forms of each secret, the one that was added longest ago first. */
  readonly #forms = new Map<string, readonly string[]>();
  /** The forms by their first characters, the longest first: a month of hourly values has thousands, too many to try each. */
  readonly #byStart = new Map<string, string[]>();
  #startLength = startLength;
  #longest = 0;

  constructor(secrets: readonly string[] = []) {
    this.add(secrets);
  }

  /** Hides these, too; the ones that were added longest ago are forgotten beyond a thousand. */
  add(secrets: readonly string[]): void {
    let isChanged = false;
    for (const secret of secrets) {
      if (secret === '') continue;
      const known = this.#forms.get(secret);
      isChanged ||= known === undefined;
      // Now the newest.
      this.#forms.delete(secret);
      this.#forms.set(secret, known ?? latin1FormsOf(secret));
    }
    // The same values are added at each look: nothing need change.
    if (!isChanged) return;
    for (const oldest of [...this.#forms.keys()].slice(0, -kept)) this.#forms.delete(oldest);
    this.#index();
  }

  #index(): void {
    // The longest first, since one may contain another.
    const forms = [...new Set([...this.#forms.values()].flat())].toSorted((a, b) => b.length - a.length);
    this.#longest = forms[0]?.length ?? 0;
    this.#startLength = Math.min(startLength, forms.at(-1)?.length ?? startLength);
    this.#byStart.clear();
    for (const form of forms) {
      const start = form.slice(0, this.#startLength);
      const others = this.#byStart.get(start);
      if (others === undefined) this.#byStart.set(start, [form]);
      else others.push(form);
    }
  }

  /** The first secret at or after `from`. */
  find(text: string, from: number): { readonly index: number; readonly length: number } | null {
    for (let at = from; at + this.#startLength <= text.length; at++) {
      const form = this.#startingAt(text, at).find((one) => text.startsWith(one, at));
      if (form !== undefined) return { index: at, length: form.length };
    }
    return null;
  }

  /** The first position from which the rest of the text may become a secret, or a longer one; null: none up to `last`. */
  findStart(text: string, from: number, last: number): number | null {
    for (let at = Math.max(from, text.length - this.#longest + 1); at <= last; at++) {
      const rest = text.slice(at);
      const isStart =
        rest.length < this.#startLength
          ? [...this.#byStart.keys()].some((start) => start.startsWith(rest))
          : this.#startingAt(text, at).some((form) => form.length > rest.length && form.startsWith(rest));
      if (isStart) return at;
    }
    return null;
  }

  #startingAt(text: string, at: number): readonly string[] {
    return this.#byStart.get(text.slice(at, at + this.#startLength)) ?? [];
  }
}

/** One character per byte, so that output that is not UTF-8 passes unchanged. */
const latin1FormsOf = (secret: string): string[] => formsOf(secret).map((form) => Buffer.from(form).toString('latin1'));

/**
 * Hides secrets in a stream, even across chunks: it holds back only what may be the start of a secret, or of a longer one, so that a
 * prompt is shown at once.
 */
export class MaskStream extends Transform {
  readonly #secrets: HiddenSecrets;
  #withheld = '';

  constructor(secrets: HiddenSecrets) {
    super();
    this.#secrets = secrets;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    done(null, this.#pass(this.#withheld + chunk.toString('latin1'), false));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#pass(this.#withheld, true));
  }

  /** From left to right, so that what is held back is never half of something that would have been hidden. */
  #pass(text: string, isEnd: boolean): Buffer {
    let shown = '';
    this.#withheld = '';
    for (let from = 0; ;) {
      const found = this.#secrets.find(text, from);
      const start = isEnd ? null : this.#secrets.findStart(text, from, found?.index ?? text.length - 1);
      const to = start ?? found?.index ?? text.length;
      shown += text.slice(from, to);
      if (start !== null) this.#withheld = text.slice(start);
      if (start !== null || found === null) return Buffer.from(shown, 'latin1');
      shown += mask;
      from = found.index + found.length;
    }
  }
}
