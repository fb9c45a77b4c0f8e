import { open } from 'node:fs/promises';
import { systemCodeOf } from './core/unexpected.js';

/** Makes new names in a folder durable, which those of a file that was synced are not by themselves. */
export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folder.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems know no fsync of a folder.
    const code = systemCodeOf(error);
    if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
  } finally {
    await folder.close();
  }
}
