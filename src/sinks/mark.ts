import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { TokenError } from '../core/errors.js';
import { parseJson } from '../core/json.js';
import { removeFile, replaceFile } from '../common/replace-file.js';
import { orNullIfMissing } from './file-errors.js';
import { markPathOf } from './private-names.js';
import type { SinkReading } from './sink.js';

/** A value that we wrote, or were about to write. */
export interface MarkedValue {
  readonly generation: number;
  readonly fingerprint: string;
}

/** Our mark for one slot of a file: whose value it holds and how to recognise it. No secret. */
export interface Mark {
  /** What is claimed: the whole file (empty), or one name in it. */
  readonly slot: string;
  /** The token's key. */
  readonly key: string;
  /** The value about to be written, the one that stood there, and earlier ones. After a kill -9 either of the first two may be found. */
  readonly values: readonly MarkedValue[];
  /** The value that the consumer was last notified of, and how. */
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
 * The marks beside a file; none without a mark file.
 * @throws TokenError `SinkRefused` for a damaged or newer mark file; system errors
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
    throw new TokenError('SinkRefused', `${markPathOf(path)} was written by a newer tokenkeeper`, {
      do: 'run the newer tokenkeeper, here and wherever else a worker writes this file',
    });
  }
  return parsed.data.marks;
}

/** Writes one slot's mark and keeps the others. Durable when it resolves, unless `durableLater`. */
export async function writeMark(
  path: string,
  marks: readonly Mark[],
  mark: Mark,
  options: { readonly durableLater?: boolean } = {},
): Promise<void> {
  await writeMarks(path, [...withoutSlot(marks, mark.slot), mark], options);
}

/** Removes one slot's mark and keeps the others. Durable when it resolves. */
export async function removeMark(path: string, marks: readonly Mark[], slot: string): Promise<void> {
  const others = withoutSlot(marks, slot);
  if (others.length === 0) await removeFile(markPathOf(path));
  else await writeMarks(path, others);
}

const withoutSlot = (marks: readonly Mark[], slot: string): Mark[] => marks.filter((other) => other.slot !== slot);

async function writeMarks(
  path: string,
  marks: readonly Mark[],
  options: { readonly durableLater?: boolean } = {},
): Promise<void> {
  const text = JSON.stringify({ v: version, marks }, null, 1) + '\n';
  await replaceFile(markPathOf(path), text, options);
}

/** The mark of a slot, if any. */
export function markOf(marks: readonly Mark[], slot: string): Mark | null {
  return marks.find((mark) => mark.slot === slot) ?? null;
}

/** Which of our values this is; null: we did not write it for this key. */
export function recognise(mark: Mark | null, key: string, fingerprint: string): MarkedValue | null {
  if (mark?.key !== key) return null;
  return mark.values.find((known) => known.fingerprint === fingerprint) ?? null;
}

/** How many values a mark keeps: an editor that was open meanwhile, or a copy that is put back, brings an old one of ours. */
const keptValues = 5;

/**
 * The mark to write BEFORE a value: the new value, the present one and those before count as ours, whatever happens in between. A consumer
 * that was told of a value which has gone since, or was replaced by another, may hold that other one: it is told again.
 */
export function markBefore(
  { mark, known }: Pick<SlotView, 'mark' | 'known'>,
  { slot, key, next }: Pick<Mark, 'slot' | 'key'> & { readonly next: MarkedValue },
): Mark {
  const earlier = mark?.key === key ? mark.values : [];
  const kept = [...(known === null ? [] : [known]), ...earlier.filter((value) => value !== known)];
  const values = [next, ...kept.filter(({ fingerprint }) => fingerprint !== next.fingerprint)].slice(0, keptValues);
  const told = known !== null && known.fingerprint === mark?.told?.fingerprint ? mark.told : null;
  return { slot, key, values, told };
}

/** Whether the consumer was notified of this value in this way, be it as an earlier generation: a provider may give the same one again. */
export function wasTold(mark: Mark | null, next: Pick<MarkedValue, 'fingerprint'>, by: string): boolean {
  const told = mark?.told;
  return told?.by === by && told.fingerprint === next.fingerprint;
}

/**
 * A sink's reading of a value with a mark. Where the consumer must be notified (`mustTell`) and was not yet, the value is ours but has no
 * generation: it is not delivered.
 */
export function readingOf(
  mark: Mark | null,
  key: string,
  fingerprint: string,
  mustTell?: string,
): Extract<SinkReading, { found: 'value' }> {
  const known = recognise(mark, key, fingerprint);
  const isDelivered = known !== null && (mustTell === undefined || wasTold(mark, known, mustTell));
  return { found: 'value', ours: known !== null, fingerprint, generation: isDelivered ? known.generation : null };
}

/** The content of a slot, and which of our values that is. */
export interface SlotView {
  /** Fingerprint of the content; null: empty. */
  readonly found: string | null;
  readonly mark: Mark | null;
  /** Null: empty, or not ours. */
  readonly known: MarkedValue | null;
}

/**
 * Reads a slot without its lock. A writer between reading the value and reading the mark makes our value look foreign, so an unrecognised
 * value is read again until two readings agree.
 */
export async function readUnlocked<T extends SlotView>(read: () => Promise<T>): Promise<T> {
  for (let last: T | null = null, readings = 1; ; readings += 1) {
    const seen: T = await read();
    if (seen.found === null || seen.known !== null || seen.found === last?.found || readings === 5) return seen;
    last = seen;
  }
}

/** @throws TokenError `SinkNotOurs` */
export function refuseForeign(place: string, key: string): never {
  throw new TokenError('SinkNotOurs', `${place} holds a value that this tokenkeeper did not write for ${key}`);
}
