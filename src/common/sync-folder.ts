import { open } from 'node:fs/promises';
import { systemCodeOf } from '../core/unexpected.js';

/** Makes new names in a folder durable, which syncing the files alone does not. */
export async function syncFolder(path: string): Promise<void> {
  // Windows can't open a folder.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems have no fsync for folders.
    const code = systemCodeOf(error);
    if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
  } finally {
    await folder.close();
  }
}
