/** A secret that was found: which one, how it was written and where, never the secret itself. */
export interface Finding {
  readonly secret: string;
  readonly form: string;
  readonly place: string;
}

interface Needle {
  readonly text: string;
  readonly secret: string;
  readonly form: string;
}

/** Shorter ones would be found by coincidence. */
const shortest = 12;
/** Every needle is looked up by this many of its first characters. */
const headLength = 8;

/** Every way in which a secret may be encoded. */
export const forms: Readonly<Record<string, (secret: string) => readonly string[]>> = {
  raw: (secret) => [secret],
  base64: (secret) => base64Of(secret, 'base64'),
  base64url: (secret) => base64Of(secret, 'base64url'),
  hex: (secret) => both(Buffer.from(secret).toString('hex')),
  'URL-escaped': (secret) => [
    encodeURIComponent(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    ...both(Buffer.from(secret).toString('hex').replaceAll(/../g, '%$&')),
  ],
  'JSON-escaped': (secret) => [jsonOf(secret), jsonOf(jsonOf(secret)), asciiOf(jsonOf(secret))],
};

/** Collects secrets and texts in any order, then reports which secret is in which text. */
export class SecretScan {
  readonly #needles = new Map<string, Needle[]>();
  readonly #secrets = new Set<string>();
  /** Texts, each with its places: histories repeat themselves, and each text is searched once. */
  readonly #texts = new Map<string, Set<string>>();

  get secretCount(): number {
    return this.#secrets.size;
  }

  get textCount(): number {
    return this.#texts.size;
  }

  /** @param label - what findings call it */
  addSecret(label: string, secret: string): void {
    if (secret.length < shortest) throw new Error(`${label} is too short to be told from other text`);
    if (this.#secrets.has(secret)) return;
    this.#secrets.add(secret);
    for (const [form, write] of Object.entries(forms)) {
      for (const text of new Set(write(secret))) this.#addNeedle({ text, secret: label, form });
    }
  }

  addText(place: string, text: string): void {
    const places = this.#texts.get(text);
    if (places === undefined) this.#texts.set(text, new Set([place]));
    else places.add(place);
  }

  /** Every text inside a value: strings, names of properties, bytes; of an error its message and stack, too. */
  addTextsOf(place: string, value: unknown): void {
    for (const text of textsIn(value)) this.addText(place, text);
  }

  find(): Finding[] {
    const found = [...this.#texts].flatMap(([text, places]) =>
      this.#findIn(text).flatMap((needle) => [...places].map((place) => ({ ...needle, place }))),
    );
    const distinct = new Map(found.map((finding) => [JSON.stringify(finding), finding]));
    return [...distinct.values()];
  }

  #addNeedle(needle: Needle): void {
    const head = needle.text.slice(0, headLength);
    const others = this.#needles.get(head) ?? [];
    if (others.some(({ text }) => text === needle.text)) return;
    this.#needles.set(head, [...others, needle]);
  }

  #findIn(text: string): Omit<Finding, 'place'>[] {
    const found: Omit<Finding, 'place'>[] = [];
    for (let at = 0; at + headLength <= text.length; at++) {
      for (const needle of this.#needles.get(text.slice(at, at + headLength)) ?? []) {
        if (text.startsWith(needle.text, at)) found.push({ secret: needle.secret, form: needle.form });
      }
    }
    return found;
  }
}

function* textsIn(value: unknown, seen = new Set<object>()): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Uint8Array) {
    yield Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
    return;
  }
  // Not enumerable, but what people see first.
  if (value instanceof Error) yield* textsIn([value.message, value.stack, value.cause], seen);
  const entries: Iterable<readonly [unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  for (const [name, each] of entries) {
    yield String(name);
    yield* textsIn(each, seen);
  }
}

/** Within a longer text its bytes may start at any of three positions of a group; characters that depend on other bytes are cut off. */
function base64Of(secret: string, encoding: 'base64' | 'base64url'): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding);
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
}

const both = (text: string): string[] => [text.toLowerCase(), text.toUpperCase()];
const jsonOf = (text: string): string => JSON.stringify(text).slice(1, -1);
const asciiOf = (text: string): string =>
  text.replaceAll(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
