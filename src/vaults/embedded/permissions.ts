import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Trouble } from '../../core/remedies.js';
import type { DriverDeps } from '../../drivers.js';
import { pathOf, type EmbeddedSettings } from './settings.js';

/**
 * What to do about the vault's folder or file, if any user of the host may write it and so remove the vault or replace it by an old one;
 * null: nobody may. A group may be intended, and Windows has no such bits.
 */
export async function writableByAll(settings: EmbeddedSettings, deps: DriverDeps): Promise<Trouble | null> {
  if (process.platform === 'win32') return null;
  const file = pathOf(settings, deps);
  for (const path of [dirname(file), file]) {
    const { mode } = await stat(path);
    if ((mode & 0o002) !== 0) return { message: `any user of this host may write ${path}`, do: `chmod o-w ${path}` };
  }
  return null;
}
