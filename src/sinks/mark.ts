import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { TokenError } from '../core/errors.js';
import { markPathOf, removeFile, replaceFile } from './atomic-file.js';
import { orNullIfMissing } from './file-errors.js';
import type { SinkReading } from './sink.js';

/** A value that we wrote, or were about to write. */
export interface MarkedValue {
  readonly generation: number;
  readonly fingerprint: string;
}

/** Our claim on one slot of a file: whose value stands there and how it is recognised. No secret. */
export interface Mark {
  /** What is claimed: the whole file (empty), or one name in it. */
  readonly slot: string;
  /** The token's key. */
  readonly key: string;
  /** Newest first: the value about to stand there and the one that stood there. After a kill -9 either may be found. */
  readonly values: readonly MarkedValue[];
  /** For which value the consumer was told, and how. */
  readonly told: (MarkedValue & { readonly by: string }) | null;
}

const version = 1;

const value = z.object({ generation: z.int().positive(), fingerprint: z.string() });
const document = z.object({
  v: z.int(),
  marks: z.array(
    z.object({
      slot: z.string(),
      key: z.string(),
      values: z.array(value),
      told: value.extend({ by: z.string() }).nullable(),
    }),
  ),
});

/**
 * The marks beside a file; none where there is no mark file.
 * @throws TokenError `SinkRefused` for a mark file that is damaged or newer; system errors
 */
export async function readMarks(path: string): Promise<readonly Mark[]> {
  const text = await orNullIfMissing(readFile(markPathOf(path), 'utf8'));
  if (text === null) return [];
  const parsed = document.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new TokenError('SinkRefused', `${markPathOf(path)} is damaged`, {
      do: 'remove the mark file, then apply with --take-over',
    });
  }
  if (parsed.data.v > version) {
    throw new TokenError('SinkRefused', `${markPathOf(path)} was written by a newer tokenkeeper`);
  }
  return parsed.data.marks;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Replaces one slot's mark (null: drops it) and leaves the others. Durable when it answers, unless it may be `durableLater`. */
export async function writeMark(
  path: string,
  marks: readonly Mark[],
  slot: string,
  mark: Mark | null,
  options: { readonly durableLater?: boolean } = {},
): Promise<void> {
  const others = marks.filter((other) => other.slot !== slot);
  const next = mark === null ? others : [...others, mark];
  if (next.length === 0) return removeFile(markPathOf(path));
  const text = JSON.stringify({ v: version, marks: next }, null, 1) + '\n';
  await replaceFile(markPathOf(path), text, { ...options, mode: 0o600 });
}

/** The mark of a slot, if any. */
export function markOf(marks: readonly Mark[], slot: string): Mark | null {
  return marks.find((mark) => mark.slot === slot) ?? null;
}

/** Which of our values this is; null where we did not write it for this key. */
export function recognise(mark: Mark | null, key: string, fingerprint: string): MarkedValue | null {
  if (mark?.key !== key) return null;
  return mark.values.find((known) => known.fingerprint === fingerprint) ?? null;
}

/** The mark to leave BEFORE a value is written: both the new one and the one that stands there are ours, whatever happens in between. */
export function claim(
  mark: Mark | null,
  slot: string,
  key: string,
  next: MarkedValue,
  standing: MarkedValue | null,
): Mark {
  const kept = standing !== null && standing.fingerprint !== next.fingerprint ? [standing] : [];
  return { slot, key, values: [next, ...kept], told: mark?.key === key ? mark.told : null };
}

/** Whether the consumer was told of this value in this way. */
export function wasTold(mark: Mark | null, next: MarkedValue, by: string): boolean {
  const told = mark?.told;
  return told?.by === by && told.generation === next.generation && told.fingerprint === next.fingerprint;
}

/**
 * What a sink answers about a value under a mark. A value whose consumer was not told of it yet (`mustTell`) is ours, but has no generation:
 * it is not delivered.
 */
export function readingOf(mark: Mark | null, key: string, fingerprint: string, mustTell?: string): SinkReading {
  const known = recognise(mark, key, fingerprint);
  const isDelivered = known !== null && (mustTell === undefined || wasTold(mark, known, mustTell));
  return { found: 'value', ours: known !== null, fingerprint, generation: isDelivered ? known.generation : null };
}

/** A look at a slot: what stands there, and which of our values that is. */
export interface Look {
  /** Fingerprint of what stands there; null: nothing. */
  readonly found: string | null;
  readonly mark: Mark | null;
  /** Null: nothing stands there, or something that is not ours. */
  readonly known: MarkedValue | null;
}

/**
 * Looks at a slot without its lock. A writer between the look at the value and the look at the mark makes ours look foreign:
 * what is not recognised is looked at until two looks agree.
 */
export async function lookUnlocked<T extends Look>(look: () => Promise<T>): Promise<T> {
  for (let last: T | null = null, looks = 1; ; looks += 1) {
    const seen: T = await look();
    if (seen.found === null || seen.known !== null || seen.found === last?.found || looks === 5) return seen;
    last = seen;
  }
}

/** @throws TokenError `SinkNotOurs` */
export function refuseForeign(place: string, key: string): never {
  throw new TokenError('SinkNotOurs', `${place} holds a value that tokenkeeper did not write for ${key}`);
}
