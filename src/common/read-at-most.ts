import { open } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';

/** The first `length` bytes of a file, however large it is. @throws system errors */
export async function readAtMost(path: string, length: number): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    return await buffer(handle.createReadStream({ end: length - 1, autoClose: false }));
  } finally {
    await handle.close();
  }
}
