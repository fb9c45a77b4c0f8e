import { mkdtemp, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';

/** A new folder outside of the checkout, by its real path; it goes when the run is over. @param prefix - of its name */
export async function newFolder(prefix = 'folder-'): Promise<string> {
  return mkdtemp(join(await realpath(inject('runDir')), prefix));
}
