import { throwIfAborted } from './abort.js';
import { assertWritableFolder } from './file-access.js';
import { inOurWords } from './file-errors.js';
import { withFileLock, type HeldLock } from './file-lock.js';
import type { FilePlace } from './file-place.js';
import {
  readUnlocked,
  markBefore,
  markOf,
  readMarks,
  recognise,
  refuseForeign,
  removeMark,
  writeMark,
  type SlotView,
  type Mark,
} from './mark.js';
import type { Delivery, Sink, SinkReading, SinkRequest } from './sink.js';

/** What stands in a slot. */
export type SlotContent = Pick<SlotView, 'found'>;

/** The content of a slot, which of our values that is, and all marks of its file. */
type SeenSlot<Content extends SlotContent> = Content & SlotView & { readonly marks: readonly Mark[] };

/** What differs between sinks that keep a value in a slot of a file: the whole file, or one name in it. */
export interface FileSlot<Target, Content extends SlotContent> {
  /** The slot's name in marks. */
  slotOf(request: SinkRequest<Target>): string;
  /** Its name in messages; `path`: the real file, where it is known. */
  nameOf(request: SinkRequest<Target>, path?: string): string;
  placeOf(request: SinkRequest<Target>): Promise<FilePlace>;
  /** Refuses what the connection does not allow, before anything is read. */
  validate?(request: SinkRequest<Target>): Promise<void>;
  /** Checks what follows a write; changes nothing. */
  checkAfter?(request: SinkRequest<Target>): Promise<void>;
  makeFolders(place: FilePlace): Promise<void>;
  read(path: string, request: SinkRequest<Target>): Promise<Content>;
  /** How to put the value there; null: it stands there already. */
  replacement(
    path: string,
    content: Content,
    delivery: Delivery<Target>,
    fingerprint: string,
  ): Promise<((lock: HeldLock) => Promise<void>) | null>;
  /** What follows a write, under the same lock. */
  afterWrite?(path: string, delivery: Delivery<Target>, mark: Mark): Promise<void>;
  /** The reading of a slot that holds a value. */
  readingOf(path: string, mark: Mark | null, found: string, request: SinkRequest<Target>): Promise<SinkReading>;
  removeValue(path: string, content: Content, request: SinkRequest<Target>, lock: HeldLock): Promise<void>;
}

/**
 * A sink over such slots. The mark is written before the value and removed after it: whenever a process is killed, what stands there is
 * known to be ours, or not to be.
 */
export function fileSlotSink<Target, Content extends SlotContent>(slot: FileSlot<Target, Content>): Sink<Target> {
  /** The value first: see `readUnlocked`. */
  async function readSlot(path: string, request: SinkRequest<Target>): Promise<SeenSlot<Content>> {
    const content = await slot.read(path, request);
    const marks = await readMarks(path);
    const mark = markOf(marks, slot.slotOf(request));
    const known = content.found === null ? null : recognise(mark, request.key, content.found);
    return { ...content, marks, mark, known };
  }

  function refuseUnlessOurs({ found, known }: SlotView, request: SinkRequest<Target>, path: string): void {
    if (found !== null && known === null && !request.takeOver) refuseForeign(slot.nameOf(request, path), request.key);
  }

  async function writeUnderLock(path: string, delivery: Delivery<Target>, lock: HeldLock): Promise<void> {
    const { key, generation, signal } = delivery;
    const seen = await readSlot(path, delivery);
    refuseUnlessOurs(seen, delivery, path);
    const next = { generation, fingerprint: delivery.fingerprint(delivery.value.reveal()) };
    const mark = markBefore(seen, { slot: slot.slotOf(delivery), key, next });
    const isMarked = seen.known?.generation === generation && seen.known.fingerprint === next.fingerprint;
    throwIfAborted(signal, path);
    const replace = await slot.replacement(path, seen, delivery, next.fingerprint);
    if (!isMarked) await writeMark(path, seen.marks, mark, { durableLater: replace !== null });
    await replace?.(lock);
    await slot.afterWrite?.(path, delivery, mark);
  }

  async function removeUnderLock(path: string, request: SinkRequest<Target>, lock: HeldLock): Promise<void> {
    const seen = await readSlot(path, request);
    throwIfAborted(request.signal, path);
    lock.assertHeld();
    if (seen.known !== null) await slot.removeValue(path, seen, request, lock);
    // The mark is removed last: a value without one would no longer be ours.
    const isOurMark = seen.mark?.key === request.key && (seen.known !== null || seen.found === null);
    if (isOurMark) await removeMark(path, seen.marks, slot.slotOf(request));
  }

  return {
    check: (request) =>
      inOurWords(`cannot write ${slot.nameOf(request)}`, async () => {
        throwIfAborted(request.signal, slot.nameOf(request));
        await slot.validate?.(request);
        const { path, existing, missing } = await slot.placeOf(request);
        await assertWritableFolder(existing);
        await slot.checkAfter?.(request);
        if (missing.length > 0) return;
        refuseUnlessOurs(await readUnlocked(() => readSlot(path, request)), request, path);
      }),

    write: (delivery) =>
      inOurWords(`cannot write ${slot.nameOf(delivery)}`, async () => {
        throwIfAborted(delivery.signal, slot.nameOf(delivery));
        await slot.validate?.(delivery);
        const place = await slot.placeOf(delivery);
        await slot.makeFolders(place);
        await withFileLock(place.path, delivery.signal, (lock) => writeUnderLock(place.path, delivery, lock));
      }),

    read: (request) =>
      inOurWords(`cannot read ${slot.nameOf(request)}`, async (): Promise<SinkReading> => {
        throwIfAborted(request.signal, slot.nameOf(request));
        const { path } = await slot.placeOf(request);
        const { mark, found } = await readUnlocked(() => readSlot(path, request));
        return found === null ? { found: 'nothing' } : slot.readingOf(path, mark, found, request);
      }),

    remove: (request) =>
      inOurWords(`cannot remove ${slot.nameOf(request)}`, async () => {
        throwIfAborted(request.signal, slot.nameOf(request));
        const { path, missing } = await slot.placeOf(request);
        if (missing.length > 0) return;
        await withFileLock(path, request.signal, (lock) => removeUnderLock(path, request, lock));
      }),
  };
}
