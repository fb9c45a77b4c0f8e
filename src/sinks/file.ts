import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { DriverDeps } from '../drivers.js';
import { throwIfAborted } from './abort.js';
import { removeFile, replaceFile } from './atomic-file.js';
import { canonicalPath } from './canonical-path.js';
import { assertWritableFolder, findOwner, hasAccess, readStanding } from './file-access.js';
import { afterFields, findAfter } from './file-after.js';
import { inOurWords } from './file-errors.js';
import { withFileLock, type HeldLock } from './file-lock.js';
import { findPlace, makeFolders, type FilePlace } from './file-place.js';
import {
  claim,
  lookUnlocked,
  markOf,
  readMarks,
  readingOf,
  recognise,
  refuseForeign,
  wasTold,
  writeMark,
} from './mark.js';
import { defineSink, type Delivery, type Sink, type SinkReading, type SinkRequest } from './sink.js';
import { modeOf, permissionBits, spanMs, spanOfAttempt } from './settings.js';

const connection = z
  .strictObject({
    /** Folder that no target may leave; relative to the configuration. */
    root: z.string().min(1),
    mode: permissionBits.optional(),
    /** Mode of folders that are created. */
    dirMode: permissionBits.optional(),
    /** `user:group`, `user` or `uid:gid`, for files and created folders. */
    owner: z
      .string()
      .regex(/^[^:\s]+(:[^:\s]+)?$/, 'write user:group or uid:gid')
      .optional(),
    commandTimeout: spanOfAttempt.optional(),
    ...afterFields,
  })
  .refine(({ commands = {}, signals = {} }) => Object.keys(commands).every((name) => !Object.hasOwn(signals, name)), {
    error: 'a command and a signal have the same name',
    path: ['signals'],
  });

const target = z.strictObject({
  /** Under the root; default: the token's key. */
  path: z.string().min(1).optional(),
  /** Name of a command or signal of the connection, run after each write of a new value. */
  after: z.string().min(1).optional(),
});

type Connection = z.infer<typeof connection>;
type Target = z.infer<typeof target>;

/** The mark's slot: the file as a whole. */
const slot = '';

/** One file per token, holding exactly the value. Replaced atomically; then a named command or a signal notifies the consumer. */
export const file = defineSink<Connection, Target>({
  name: 'file',
  connection,
  target,
  open: (settings, deps) => Promise.resolve(openFileSink(settings, deps)),
  place: pathFor,
  file: (settings, key, where, baseDir) => ({ path: pathFor(settings, key, where, baseDir), whole: true }),
});

function pathFor({ root }: Connection, key: string, { path }: Target, baseDir: string): string {
  return canonicalPath(baseDir, join(root, path ?? key));
}

function openFileSink(settings: Connection, deps: DriverDeps): Sink<Target> {
  const root = isAbsolute(settings.root) ? settings.root : join(deps.baseDir, settings.root);
  const mode = modeOf(settings.mode ?? '0600');
  const dirMode = modeOf(settings.dirMode ?? '0700');
  const commandTimeoutMs = spanMs(settings.commandTimeout ?? '20s');

  const nameOf = ({ key, target: { path } }: SinkRequest<Target>): string => join(root, path ?? key);
  const placeOf = ({ key, target: { path } }: SinkRequest<Target>): Promise<FilePlace> => findPlace(root, path ?? key);
  const ownerOf = async () => (settings.owner === undefined ? undefined : findOwner(settings.owner));
  const tellOf = ({ after }: Target) => (after === undefined ? null : findAfter(after, settings, deps));

  /** The file's content and our mark for it. */
  async function look(path: string, { key, fingerprint }: SinkRequest<Target>) {
    const standing = await readStanding(path);
    const marks = await readMarks(path);
    const mark = markOf(marks, slot);
    const found = standing === null ? null : fingerprint(standing.toString('utf8'));
    return { marks, mark, found, known: found === null ? null : recognise(mark, key, found) };
  }

  /** A user that this host does not know is told by the write; what stands there can be read nevertheless. */
  async function isAsDeclared(path: string): Promise<boolean> {
    const owner = await ownerOf().catch(() => null);
    return owner !== null && (await hasAccess(path, { mode, owner }));
  }

  async function writeUnderLock(path: string, delivery: Delivery<Target>, lock: HeldLock): Promise<void> {
    const { key, generation, takeOver, fingerprint, signal } = delivery;
    const { marks, mark, found, known } = await look(path, delivery);
    if (found !== null && known === null && !takeOver) refuseForeign(path, key);
    const next = { generation, fingerprint: fingerprint(delivery.value.reveal()) };
    const claimed = claim(mark, slot, key, next, known);
    const isMarked = known?.generation === generation && known.fingerprint === next.fingerprint;
    throwIfAborted(signal, path);
    const access = { mode, owner: await ownerOf() };
    const isStanding = found === next.fingerprint && (await hasAccess(path, access));
    if (!isMarked) await writeMark(path, marks, slot, claimed, { durableLater: !isStanding });
    if (!isStanding) {
      const beforeRename = () => {
        throwIfAborted(signal, path);
        lock.assertHeld();
      };
      await replaceFile(path, delivery.value.reveal(), { ...access, beforeRename });
    }
    const { after } = delivery.target;
    const tell = tellOf(delivery.target);
    if (after === undefined || tell === null || wasTold(claimed, next, after)) return;
    await tell({ key, path, generation, timeoutMs: commandTimeoutMs, signal });
    await writeMark(path, await readMarks(path), slot, { ...claimed, told: { ...next, by: after } });
  }

  return {
    check: (request) =>
      inOurWords(`cannot write ${nameOf(request)}`, async () => {
        throwIfAborted(request.signal, nameOf(request));
        tellOf(request.target);
        const place = await placeOf(request);
        await ownerOf();
        await assertWritableFolder(place.existing);
        if (place.missing.length > 0) return;
        const { found, known } = await lookUnlocked(() => look(place.path, request));
        if (found !== null && known === null && !request.takeOver) refuseForeign(place.path, request.key);
      }),

    write: (delivery) =>
      inOurWords(`cannot write ${nameOf(delivery)}`, async () => {
        throwIfAborted(delivery.signal, nameOf(delivery));
        // An unknown name is refused before anything is written.
        tellOf(delivery.target);
        const place = await placeOf(delivery);
        await makeFolders(place, dirMode, await ownerOf());
        await withFileLock(place.path, delivery.signal, (lock) => writeUnderLock(place.path, delivery, lock));
      }),

    read: (request) =>
      inOurWords(`cannot read ${nameOf(request)}`, async (): Promise<SinkReading> => {
        throwIfAborted(request.signal, nameOf(request));
        const { path } = await placeOf(request);
        const { mark, found } = await lookUnlocked(() => look(path, request));
        if (found === null) return { found: 'nothing' };
        const reading = readingOf(mark, request.key, found, request.target.after);
        return (await isAsDeclared(path)) ? reading : { ...reading, generation: null };
      }),

    remove: (request) =>
      inOurWords(`cannot remove ${nameOf(request)}`, async () => {
        throwIfAborted(request.signal, nameOf(request));
        const { path, missing } = await placeOf(request);
        if (missing.length > 0) return;
        await withFileLock(path, request.signal, async (lock) => {
          const { marks, mark, found, known } = await look(path, request);
          throwIfAborted(request.signal, path);
          lock.assertHeld();
          if (known !== null) await removeFile(path);
          // The mark is removed last: a value without one would no longer be ours.
          if (mark?.key === request.key && (known !== null || found === null)) await writeMark(path, marks, slot, null);
        });
      }),
  };
}
