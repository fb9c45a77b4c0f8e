import { stat } from 'node:fs/promises';
import { dirname, resolve as resolvePath } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { kindOf, systemCodeOf } from '../core/unexpected.js';
import type { ProblemCode } from './problems.js';

/** What a module exports, or why there is nothing. */
export type Imported =
  | { readonly ok: true; readonly url: string; readonly exports: readonly unknown[]; readonly isStale: boolean }
  | { readonly ok: false; readonly code: ProblemCode; readonly message: string; readonly do?: string };

/** A module that waits for something at import would keep a worker from its start for ever. */
const importLimitMs = 30_000;

/** When the file of each module was changed before its import, in ms: Node imports a module once a process. */
const importedAt = new Map<string, number>();

/**
 * Imports a module as the file that names it would: a path from its folder, a package from the node_modules around it.
 * @param file - where the specifier stands
 */
export async function importDriver(specifier: string, file: string): Promise<Imported> {
  let url: string;
  try {
    url = await resolveModule(specifier, resolvePath(file));
  } catch (error) {
    return { ok: false, code: 'DriverNotFound', message: resolveMessage(systemCodeOf(error)) };
  }
  const changedAt = await changeOf(url);
  if (changedAt === null) return { ok: false, code: 'DriverNotFound', message: 'there is no such file' };
  const isStale = (importedAt.get(url) ?? changedAt) !== changedAt;
  if (!importedAt.has(url)) importedAt.set(url, changedAt);
  try {
    const module = await withinLimit(import(/* @vite-ignore */ url) as Promise<Readonly<Record<string, unknown>>>);
    if (module === null) {
      return { ok: false, code: 'DriverFailed', message: `does not end to load within ${importLimitMs / 1_000} s` };
    }
    return { ok: true, url, exports: exportsOf(module), isStale };
  } catch (error) {
    return { ok: false, code: 'DriverFailed', ...failure(error) };
  }
}

/** @throws an error of Node with its code for a package that is not there */
async function resolveModule(specifier: string, file: string): Promise<string> {
  if (/^\.{0,2}\//.test(specifier)) return pathToFileURL(resolvePath(dirname(file), specifier)).href;
  // Node's own import.meta.resolve takes no parent, and a require would miss packages that are ESM only.
  const { resolve } = await import('import-meta-resolve');
  return resolve(specifier, pathToFileURL(file).href);
}

/** Everything that a module exports, by itself or in a list or object that is its default, as CommonJS has it. */
function exportsOf(module: Readonly<Record<string, unknown>>): unknown[] {
  const values = Object.values(module).flatMap((value) =>
    typeof value === 'object' && value !== null ? [value, ...Object.values(value as object)] : [value],
  );
  return [...new Set(values)];
}

async function withinLimit<T>(work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((done) => (timer = setTimeout(() => done(null), importLimitMs)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** When a file was changed last, Unix ms; null: it is not there. */
async function changeOf(url: string): Promise<number | null> {
  try {
    const found = await stat(fileURLToPath(url));
    return found.isFile() ? found.mtimeMs : null;
  } catch {
    return null;
  }
}

function resolveMessage(code: string | null): string {
  if (code === 'ERR_MODULE_NOT_FOUND') return 'there is no such package beside this file';
  if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return 'the package does not export this';
  return 'cannot be resolved';
}

/** The kind of error and nothing of its text: that may hold anything, a secret too. */
function failure(error: unknown): { readonly message: string; readonly do?: string } {
  const code = systemCodeOf(error);
  if (code === 'ERR_MODULE_NOT_FOUND') {
    const remedy =
      'install what it imports (temporal-tokenkeeper, too) in a folder around the module, then start again';
    return { message: 'imports a module that is not there', do: remedy };
  }
  if (error instanceof SyntaxError)
    return { message: 'is no JavaScript that Node can load, or imports a name that is not exported' };
  return { message: `throws at its import: ${kindOf(error)}` };
}
