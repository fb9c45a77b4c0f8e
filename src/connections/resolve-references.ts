import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readAtMost } from '../common/read-at-most.js';
import { hasReference, reference, wellFormed } from '../config/references.js';
import { TokenError } from '../core/errors.js';
import type { Json } from '../core/json.js';
import { systemCodeOf } from '../core/unexpected.js';

/** In bytes. Larger files are not secrets, and reading one by mistake must not fill the memory. */
const maxFileBytes = 65_536;

/** Where references find their values. */
export interface ReferenceSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths start from, absolute. */
  readonly baseDir: string;
}

/**
 * Replaces all references in a text by their values.
 * @throws TokenError `ReferenceUnresolved` that names the reference, never a value.
 */
async function resolveText(text: string, sources: ReferenceSources): Promise<string> {
  let resolved = '';
  let end = 0;
  for (const match of text.matchAll(reference)) {
    resolved += text.slice(end, match.index) + (await resolveOne(match[1] ?? '', sources));
    end = match.index + match[0].length;
  }
  return resolved + text.slice(end);
}

/** Resolves every reference in a value. @throws TokenError `ReferenceUnresolved` */
export async function resolveReferences(value: Json, sources: ReferenceSources): Promise<Json> {
  if (typeof value === 'string') return hasReference(value) ? resolveText(value, sources) : value;
  if (Array.isArray(value)) return Promise.all(value.map((item: Json) => resolveReferences(item, sources)));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(
    async ([name, item]) => [name, await resolveReferences(item, sources)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function resolveOne(inside: string, { env, baseDir }: ReferenceSources): Promise<string> {
  if (!wellFormed.test(inside)) {
    throw new TokenError('ReferenceUnresolved', 'a reference is neither ${env:NAME} nor ${file:PATH}');
  }
  const separator = inside.indexOf(':');
  const name = inside.slice(separator + 1);
  if (inside.startsWith('env:')) {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value === undefined) throw unresolved(inside, 'is not set');
    return withoutLineEnd(value, inside);
  }
  return withoutLineEnd(await readSecretFile(resolve(baseDir, name), inside), inside);
}

/** Editors, `echo` and secrets of Kubernetes end a value with a line end, files of variables from Windows with half of one; no secret has it. */
function withoutLineEnd(value: string, inside: string): string {
  const text = value.replace(/(\r\n|\n|\r)$/, '');
  if (text === '') throw unresolved(inside, 'is empty');
  return text;
}

async function readSecretFile(path: string, inside: string): Promise<string> {
  try {
    // A pipe or a device could block or never end.
    if (!(await stat(path)).isFile()) throw unresolved(inside, 'is not a regular file');
    const bytes = await readAtMost(path, maxFileBytes + 1);
    if (bytes.length > maxFileBytes) throw unresolved(inside, `is larger than ${maxFileBytes} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TokenError) throw error;
    const reason = reasonOf(error);
    throw unresolved(inside, reason, reason === forbidden ? 'let this user read the file' : undefined);
  }
}

const forbidden = 'may not be read by this user';

function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return 'is not UTF-8 text';
  const code = systemCodeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return forbidden;
  return 'cannot be read';
}

function unresolved(inside: string, reason: string, remedy?: string): TokenError {
  return new TokenError('ReferenceUnresolved', `\${${inside}} ${reason}`, { do: remedy });
}
