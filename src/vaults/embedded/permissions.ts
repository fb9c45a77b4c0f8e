import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DriverDeps } from '../../drivers.js';
import { pathOf, type EmbeddedSettings } from './settings.js';

/**
 * The vault's folder or file where any user of the host may write it, and with that remove the vault or put an old one in its place.
 * A group may be meant; on Windows permissions have no such bits. Null: neither.
 */
export async function writableByAll(settings: EmbeddedSettings, deps: DriverDeps): Promise<string | null> {
  if (process.platform === 'win32') return null;
  const file = pathOf(settings, deps);
  for (const path of [dirname(file), file]) {
    const { mode } = await stat(path);
    if ((mode & 0o002) !== 0) return path;
  }
  return null;
}
