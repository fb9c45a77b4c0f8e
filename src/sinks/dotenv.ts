import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { TokenError } from '../core/errors.js';
import type { DriverDeps } from '../drivers.js';
import { replaceFile } from '../common/replace-file.js';
import { throwIfAborted } from './abort.js';
import { canonicalPath } from './canonical-path.js';
import { readName, removeName, setName } from './dotenv-text.js';
import { readStanding, setAccess } from './file-access.js';
import { orNullIfMissing } from './file-errors.js';
import type { HeldLock } from './file-lock.js';
import { followLinks, makeFolders, realTarget } from './file-place.js';
import { fileSlotSink, type SlotContent } from './file-slot.js';
import { readingOf } from './mark.js';
import { permissionBits } from './settings.js';
import { defineSink, type Sink, type SinkRequest } from './sink.js';
import { variableOf } from './variable-of.js';

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

interface Content extends SlotContent {
  /** null: there is no file. */
  readonly bytes: Buffer | null;
  readonly text: FileText;
}

function openDotenvSink(settings: Connection, deps: DriverDeps): Sink<Target> {
  const file = resolve(deps.baseDir, settings.path);
  const slotOf = ({ key, target: { name } }: SinkRequest<Target>): string => name ?? variableOf(key);
  const nameOf = (request: SinkRequest<Target>): string => `${slotOf(request)} in ${file}`;

  /** Replaces the file, unless somebody without our lock, such as an editor, changed it since it was read. */
  async function replace(
    path: string,
    { before, next }: { readonly before: Buffer | null; readonly next: Buffer },
    signal: AbortSignal,
    lock: HeldLock,
  ): Promise<void> {
    const about = before === null ? null : await orNullIfMissing(stat(path));
    const access = {
      mode: about === null ? (settings.mode ?? 0o600) : about.mode & 0o7777,
      owner: about === null ? undefined : { uid: about.uid, gid: about.gid },
    };
    await replaceFile(path, next, {
      setAccess: (made) => setAccess(made, access, path),
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

  return fileSlotSink<Target, Content>({
    slotOf,
    nameOf,
    async placeOf() {
      const folder = await followLinks(dirname(file));
      const path = await realTarget(join(folder.existing, ...folder.missing, basename(file)));
      return { ...folder, path };
    },
    makeFolders: (place) => makeFolders(place, 0o700, undefined),
    async read(path, request) {
      const bytes = await readStanding(path);
      const text = bytes === null ? emptyText : decode(bytes, path);
      const value = readName(text.content, slotOf(request));
      return { bytes, text, found: value === null ? null : request.fingerprint(text.fromFile(value)) };
    },
    async replacement(path, { bytes, text, found }, delivery, fingerprint) {
      if (found === fingerprint) return null;
      const edited = setName(text.content, slotOf(delivery), text.toFile(delivery.value.reveal()));
      if (edited === null) {
        throw new TokenError('SinkRefused', `no way of quoting puts this value safely under ${nameOf(delivery)}`, {
          do: 'use the file sink for this token, or repair the quotes of the file',
        });
      }
      const edit = { before: bytes, next: text.encode(edited) };
      return (lock) => replace(path, edit, delivery.signal, lock);
    },
    readingOf: async (_path, mark, found, { key }) => readingOf(mark, key, found),
    async removeValue(path, { bytes, text }, request, lock) {
      const edited = removeName(text.content, slotOf(request));
      if (edited === null)
        throw new TokenError('SinkRefused', `${nameOf(request)} cannot be cut out safely`, {
          do: 'repair the quotes of the file, or remove the name by hand',
        });
      await replace(path, { before: bytes, next: text.encode(edited) }, request.signal, lock);
    },
  });
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
