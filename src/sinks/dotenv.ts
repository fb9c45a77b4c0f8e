import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { z } from 'zod';
import { TokenError } from '../core/errors.js';
import type { DriverDeps } from '../drivers.js';
import { throwIfAborted } from './abort.js';
import { replaceFile } from './atomic-file.js';
import { canonicalPath } from './canonical-path.js';
import { readName, removeName, setName } from './dotenv-text.js';
import { assertWritableFolder, readStanding } from './file-access.js';
import { inOurWords } from './file-errors.js';
import { withFileLock, type HeldLock } from './file-lock.js';
import { followLinks, makeFolders, realTarget, type FilePlace } from './file-place.js';
import { claim, lookUnlocked, markOf, readingOf, readMarks, recognise, refuseForeign, writeMark } from './mark.js';
import { modeOf, permissionBits } from './settings.js';
import { defineSink, type Delivery, type Sink, type SinkReading, type SinkRequest } from './sink.js';
import { variableOf } from './variable-of.js';

export { variableOf } from './variable-of.js';

const connection = z.strictObject({
  /** The file, relative to the configuration. A link is followed: the real file is replaced, the link stays. */
  path: z.string().min(1),
  /** Mode of a new file; an existing one keeps its mode and owner. */
  mode: permissionBits.optional(),
});

const target = z.strictObject({
  /** Variable name; default from the token's name, `crm-export` → `CRM_EXPORT`. */
  name: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a variable name')
    .optional(),
});

type Connection = z.infer<typeof connection>;
type Target = z.infer<typeof target>;

/** One variable of an environment file; the rest of the file stays as it is, byte for byte. */
export const dotenv = defineSink<Connection, Target>({
  name: 'dotenv',
  connection,
  target,
  open: (settings, deps) => Promise.resolve(openDotenvSink(settings, deps)),
  place: ({ path }, key, { name }, baseDir) => `${canonicalPath(baseDir, path)}#${name ?? variableOf(key)}`,
  file: ({ path }, _key, _target, baseDir) => ({ path: canonicalPath(baseDir, path), whole: false }),
});

function openDotenvSink(settings: Connection, deps: DriverDeps): Sink<Target> {
  const file = isAbsolute(settings.path) ? normalize(settings.path) : join(deps.baseDir, settings.path);
  const mode = modeOf(settings.mode ?? '0600');
  const slotOf = ({ key, target: { name } }: SinkRequest<Target>): string => name ?? variableOf(key);
  const nameOf = (request: SinkRequest<Target>): string => `${slotOf(request)} in ${file}`;

  async function placeOf(): Promise<FilePlace> {
    const folder = await followLinks(dirname(file));
    const path = await realTarget(join(folder.existing, ...folder.missing, basename(file)));
    return { ...folder, path };
  }

  /** The value under the name, and our mark for it. */
  async function look(path: string, request: SinkRequest<Target>) {
    const slot = slotOf(request);
    const bytes = await readStanding(path);
    const text = bytes === null ? null : decode(bytes, path);
    const value = text === null ? null : readName(text.content, slot);
    const marks = await readMarks(path);
    const mark = markOf(marks, slot);
    const found = value === null ? null : request.fingerprint(text?.fromFile(value) ?? value);
    const known = found === null ? null : recognise(mark, request.key, found);
    return { bytes, text: text ?? emptyText, marks, mark, found, known };
  }

  /** Replaces the file, unless somebody without our lock, such as an editor, changed it since it was read. */
  async function replace(path: string, before: Buffer | null, next: Buffer, lock: HeldLock, signal: AbortSignal) {
    const about = before === null ? null : await stat(path);
    await replaceFile(path, next, {
      mode: about === null ? mode : about.mode & 0o7777,
      owner: about === null ? undefined : { uid: about.uid, gid: about.gid },
      async beforeRename() {
        const now = await readStanding(path);
        if (!(now === null ? before === null : before?.equals(now))) {
          throw new TokenError('SinkUnavailable', `${path} changed while it was being edited`);
        }
        throwIfAborted(signal, path);
        lock.assertHeld();
      },
    });
  }

  async function writeUnderLock(path: string, delivery: Delivery<Target>, lock: HeldLock): Promise<void> {
    const { key, generation, takeOver, fingerprint, signal } = delivery;
    const slot = slotOf(delivery);
    const { bytes, text, marks, mark, found, known } = await look(path, delivery);
    if (found !== null && known === null && !takeOver) refuseForeign(nameOf(delivery), key);
    const value = delivery.value.reveal();
    const next = { generation, fingerprint: fingerprint(value) };
    const edited = found === next.fingerprint ? null : setName(text.content, slot, text.toFile(value));
    if (edited === null && found !== next.fingerprint) {
      throw new TokenError('SinkRefused', `no way of quoting puts this value safely under ${nameOf(delivery)}`, {
        do: 'use the file sink for this token, or repair the quotes of the file',
      });
    }
    throwIfAborted(signal, path);
    if (known?.generation !== generation || known.fingerprint !== next.fingerprint) {
      await writeMark(path, marks, slot, claim(mark, slot, key, next, known), { durableLater: edited !== null });
    }
    if (edited !== null) await replace(path, bytes, text.encode(edited), lock, signal);
  }

  return {
    check: (request) =>
      inOurWords(`cannot write ${nameOf(request)}`, async () => {
        throwIfAborted(request.signal, nameOf(request));
        const place = await placeOf();
        await assertWritableFolder(place.existing);
        if (place.missing.length > 0) return;
        const { found, known } = await lookUnlocked(() => look(place.path, request));
        if (found !== null && known === null && !request.takeOver) refuseForeign(nameOf(request), request.key);
      }),

    write: (delivery) =>
      inOurWords(`cannot write ${nameOf(delivery)}`, async () => {
        throwIfAborted(delivery.signal, nameOf(delivery));
        const place = await placeOf();
        await makeFolders(place, 0o700, undefined);
        await withFileLock(place.path, delivery.signal, (lock) => writeUnderLock(place.path, delivery, lock));
      }),

    read: (request) =>
      inOurWords(`cannot read ${nameOf(request)}`, async (): Promise<SinkReading> => {
        throwIfAborted(request.signal, nameOf(request));
        const { path } = await placeOf();
        const { mark, found } = await lookUnlocked(() => look(path, request));
        return found === null ? { found: 'nothing' } : readingOf(mark, request.key, found);
      }),

    remove: (request) =>
      inOurWords(`cannot remove ${nameOf(request)}`, async () => {
        throwIfAborted(request.signal, nameOf(request));
        const { path, missing } = await placeOf();
        if (missing.length > 0) return;
        await withFileLock(path, request.signal, async (lock) => {
          const { bytes, text, marks, mark, found, known } = await look(path, request);
          if (known !== null) {
            const edited = removeName(text.content, slotOf(request));
            if (edited === null) throw new TokenError('SinkRefused', `${nameOf(request)} cannot be cut out safely`);
            await replace(path, bytes, text.encode(edited), lock, request.signal);
          }
          if (mark?.key === request.key && (known !== null || found === null)) {
            await writeMark(path, marks, slotOf(request), null);
          }
        });
      }),
  };
}

/** A file's text in a form that converts back into the same bytes. */
interface FileText {
  readonly content: string;
  encode(content: string): Buffer;
  /** Converts a value to its form in `content`, and back. */
  toFile(value: string): string;
  fromFile(value: string): string;
}

const emptyText = utf8Text('');

function utf8Text(content: string): FileText {
  return { content, encode: (text) => Buffer.from(text), toFile: (value) => value, fromFile: (value) => value };
}

/** Most files are UTF-8. Others (with a Latin-1 comment) are edited as bytes, so that nothing is lost. */
function decode(bytes: Buffer, path: string): FileText {
  if (bytes.includes(0)) throw new TokenError('SinkRefused', `${path} is not a text file in UTF-8`);
  const content = bytes.toString('utf8');
  if (Buffer.from(content).equals(bytes)) return utf8Text(content);
  return {
    content: bytes.toString('latin1'),
    encode: (text) => Buffer.from(text, 'latin1'),
    toFile: (value) => Buffer.from(value).toString('latin1'),
    fromFile: (value) => Buffer.from(value, 'latin1').toString('utf8'),
  };
}
