import { open } from 'node:fs/promises';

/** The first `length` bytes of a file, however large it is. @throws system errors */
export async function readAtMost(path: string, length: number): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of handle.createReadStream({ end: length - 1, autoClose: false }))
      chunks.push(chunk as Uint8Array);
    return Buffer.concat(chunks);
  } finally {
    await handle.close();
  }
}
