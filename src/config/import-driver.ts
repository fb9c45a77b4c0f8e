import { stat } from 'node:fs/promises';
import { dirname, resolve as resolvePath } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { waitAtMost } from '../common/awaiting.js';
import { kindOf, systemCodeOf } from '../core/unexpected.js';
import type { ProblemCode } from './problems.js';

/** A module's exports, or why there are none. */
export type Imported =
  | { readonly ok: true; readonly url: string; readonly exports: readonly unknown[]; readonly isStale: boolean }
  | { readonly ok: false; readonly code: ProblemCode; readonly message: string; readonly do?: string };

/** A module that waits for something during import would keep a worker from ever starting. */
const importLimitMs = 30_000;

/** The modification time of each module's file at its import, in ms: Node imports a module once per process. */
const importedAt = new Map<string, number>();

/**
 * Imports a module as if from the file that names it: a path relative to that file's folder, a package from the node_modules above it.
 * @param file - the file with the specifier
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
    const importing = import(/* @vite-ignore */ url) as Promise<Readonly<Record<string, unknown>>>;
    const module = await waitAtMost(importing, importLimitMs);
    if (module === 'late') {
      return { ok: false, code: 'DriverFailed', message: `does not end to load within ${importLimitMs / 1_000} s` };
    }
    return { ok: true, url, exports: exportsOf(module), isStale };
  } catch (error) {
    return { ok: false, code: 'DriverFailed', ...failure(error) };
  }
}

/** @throws Node's error, with its code, for a missing package */
async function resolveModule(specifier: string, file: string): Promise<string> {
  if (/^\.{0,2}\//.test(specifier)) return pathToFileURL(resolvePath(dirname(file), specifier)).href;
  // Node's import.meta.resolve takes no parent, and require would miss ESM-only packages.
  const { resolve } = await import('import-meta-resolve');
  return resolve(specifier, pathToFileURL(file).href);
}

/** Everything that a module exports, directly or within a list or object, such as the default export of CommonJS. */
function exportsOf(module: Readonly<Record<string, unknown>>): unknown[] {
  const values = Object.values(module).flatMap((value) =>
    typeof value === 'object' && value !== null ? [value, ...Object.values(value as object)] : [value],
  );
  return [...new Set(values)];
}

/** When a file was last changed, Unix ms; null: missing. */
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

/** Only the kind of error, not its message, which may hold anything, even a secret. */
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
