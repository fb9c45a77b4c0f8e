import { chown, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The user id of `asNobody`. */
export const nobody = 65_534;

/** Runs `use` without root's exemption from permissions, where the tests run as root. */
export async function asNobody(use: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return await use();
  process.seteuid?.(nobody);
  try {
    await use();
  } finally {
    process.seteuid?.(0);
  }
}

/** Makes a folder and all that is in it belong to the user of `asNobody`. */
export async function giveToNobody(folder: string): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  for (const name of await readdir(folder, { recursive: true })) await chown(join(folder, name), nobody, nobody);
  await chown(folder, nobody, nobody);
}
