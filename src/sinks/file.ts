import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { DriverDeps } from '../drivers.js';
import { removeFile, replaceFile } from '../common/replace-file.js';
import { throwIfAborted } from './abort.js';
import { canonicalPath } from './canonical-path.js';
import { findOwner, hasAccess, readStanding, setAccess } from './file-access.js';
import { afterFields, findAfter } from './file-after.js';
import { assertRelative, findPlace, makeFolders } from './file-place.js';
import { fileSlotSink, type SlotContent } from './file-slot.js';
import { readMarks, readingOf, wasTold, writeMark } from './mark.js';
import { defineSink, type Sink } from './sink.js';
import { permissionBits, spanOfAttempt } from './settings.js';

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
  file(settings, key, where, baseDir) {
    assertRelative(where.path ?? key);
    return { path: pathFor(settings, key, where, baseDir), whole: true };
  },
});

function pathFor({ root }: Connection, key: string, { path }: Target, baseDir: string): string {
  return canonicalPath(baseDir, join(root, path ?? key));
}

function openFileSink(settings: Connection, deps: DriverDeps): Sink<Target> {
  const { mode = 0o600, dirMode = 0o700, commandTimeout: commandTimeoutMs = 20_000 } = settings;
  const root = resolve(deps.baseDir, settings.root);

  const ownerOf = async () => (settings.owner === undefined ? undefined : findOwner(settings.owner));
  const afterOf = ({ after }: Target) => (after === undefined ? null : findAfter(after, settings, deps));

  /** A user that this host does not know is told by the write; what stands there can be read nevertheless. */
  async function isAsDeclared(path: string): Promise<boolean> {
    const owner = await ownerOf().catch(() => null);
    return owner !== null && (await hasAccess(path, { mode, owner }));
  }

  return fileSlotSink<Target, SlotContent>({
    slotOf: () => slot,
    nameOf: ({ key, target: { path } }, real) => real ?? join(root, path ?? key),
    placeOf: ({ key, target: { path } }) => findPlace(root, path ?? key),
    async validate({ target: to }) {
      afterOf(to);
      await ownerOf();
    },
    checkAfter: async ({ target: to }) => afterOf(to)?.check(),
    makeFolders: async (place) => makeFolders(place, dirMode, await ownerOf()),
    async read(path, { fingerprint }) {
      const standing = await readStanding(path);
      return { found: standing === null ? null : fingerprint(standing.toString('utf8')) };
    },
    async replacement(path, { found }, { value, signal }, fingerprint) {
      const access = { mode, owner: await ownerOf() };
      if (found === fingerprint && (await hasAccess(path, access))) return null;
      return (lock) => {
        const beforeRename = (): void => {
          throwIfAborted(signal, path);
          lock.assertHeld();
        };
        return replaceFile(path, value.reveal(), { setAccess: (made) => setAccess(made, access, path), beforeRename });
      };
    },
    async afterWrite(path, { key, generation, signal, target: to }, mark) {
      const after = afterOf(to);
      const [next] = mark.values;
      if (to.after === undefined || after === null || next === undefined || wasTold(mark, next, to.after)) return;
      await after.notify({ key, path, generation, timeoutMs: commandTimeoutMs, signal });
      await writeMark(path, await readMarks(path), { ...mark, told: { ...next, by: to.after } });
    },
    async readingOf(path, mark, found, request) {
      const reading = readingOf(mark, request.key, found, request.target.after);
      return (await isAsDeclared(path)) ? reading : { ...reading, generation: null };
    },
    removeValue: (path) => removeFile(path),
  });
}
