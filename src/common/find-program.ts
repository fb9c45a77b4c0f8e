import { access, constants, stat } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';

/** Where execvp(3) looks without PATH. */
const defaultPath = '/bin:/usr/bin';

/**
 * The program that would be run by a name: a path where it has a slash, else the first of that name on PATH.
 * @param from - the folder that relative paths, of PATH too, start from
 * @returns an absolute path; null: there is none that this user may run
 */
export async function findProgram(name: string, path = defaultPath, from = process.cwd()): Promise<string | null> {
  const file = process.platform === 'win32' && !name.endsWith('.exe') ? `${name}.exe` : name;
  const folders = name.includes('/') ? ['.'] : path.split(delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    const program = resolve(from, folder, file);
    if (await isExecutable(program)) return program;
  }
  return null;
}

/** Whether a path is a file that this user may run. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
