import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The folder of a configuration, where its relative paths start: that of its first path, absolute. */
export function baseDirOf([path = '.']: readonly string[]): string {
  return resolve(isFolder(path) ? path : dirname(path));
}

/** A path that cannot be looked at is reported where it is read. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
