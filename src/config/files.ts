import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '../core/unexpected.js';
import type { ProblemCode, ProblemList } from './problems.js';
import { readAtMost } from '../common/read-at-most.js';

/** Larger files are a mistake, and slow to read. */
const maxFileBytes = 1_000_000;

/** The files of some paths: a folder stands for the `.yaml` and `.yml` files directly in it, by name. */
export async function listConfigFiles(paths: readonly string[], problems: ProblemList): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    try {
      if (!(await stat(path)).isDirectory()) {
        files.push(path);
        continue;
      }
      const names = (await readdir(path)).filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort();
      if (names.length === 0) addFileProblem(path, 'FileUnreadable', 'the folder holds no .yaml file', problems);
      files.push(...names.map((name) => join(path, name)));
    } catch (error) {
      addFileProblem(path, 'FileUnreadable', reasonOf(error), problems);
    }
  }
  return [...new Set(files)];
}

/** The text of a file, or null with the problem reported. */
export async function readConfigText(path: string, problems: ProblemList): Promise<string | null> {
  try {
    const found = await stat(path);
    if (!found.isFile() && !found.isDirectory()) {
      // Opening a pipe without a writer would block, even at the end of the process.
      addFileProblem(path, 'FileUnreadable', 'neither a file nor a folder', problems);
      return null;
    }
    const bytes = await readAtMost(path, maxFileBytes + 1);
    if (bytes.length > maxFileBytes) {
      addFileProblem(path, 'FileTooLarge', `larger than ${maxFileBytes} bytes`, problems);
      return null;
    }
    return decodeConfig(path, bytes, problems);
  } catch (error) {
    addFileProblem(path, 'FileUnreadable', reasonOf(error), problems);
    return null;
  }
}

/** UTF-8 only; a byte order mark is dropped. */
function decodeConfig(path: string, bytes: Uint8Array, problems: ProblemList): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Reported below.
  }
  addFileProblem(path, 'NotUtf8', 'not UTF-8 text', problems);
  return null;
}

function addFileProblem(file: string, code: ProblemCode, message: string, problems: ProblemList): void {
  problems.add({ file, positionOf: () => ({ line: 1, column: 1 }) }, [], code, message);
}

function reasonOf(error: unknown): string {
  const code = systemCodeOf(error) ?? '';
  const reasons: Record<string, string> = {
    ENOENT: 'no such file',
    ENOTDIR: 'no such file',
    EACCES: 'may not be read by this user',
    EPERM: 'may not be read by this user',
    EISDIR: 'a folder, not a file',
  };
  return reasons[code] ?? 'cannot be read';
}
