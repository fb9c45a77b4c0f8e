import { stat, type FileHandle } from 'node:fs/promises';

/** Gives an open file the owner and group of another path: what root makes anew must stay open to the user who had it. */
export async function giveLike(file: FileHandle, path: string): Promise<void> {
  // Only root may change an owner, and any other user able to read the present file owns it.
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await stat(path);
  await file.chown(uid, gid);
}
