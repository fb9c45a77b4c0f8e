import { basename, dirname, join } from 'node:path';

/** Our files beside a kept file: its mark, its lock, its temporary files. */
const privateName = /^\..+\.tokenkeeper(\.json|\.lock|-[0-9a-f]{12}\.tmp)$/s;

/** The mark of ownership beside a file. */
export function markPathOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.tokenkeeper.json`);
}

/** The lock beside a file. */
export function lockPathOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.tokenkeeper.lock`);
}

/** Whether a file name could be one of our marks, locks or temporary files. */
export function isPrivateName(name: string): boolean {
  return privateName.test(name);
}
