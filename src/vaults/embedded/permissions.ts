import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DriverDeps } from '../../drivers.js';
import { pathOf, type EmbeddedSettings } from './settings.js';

/**
 * The vault's folder or file, if any user of the host may write it and so remove the vault or replace it by an old one; null: neither. A
 * group may be intended, and Windows has no such bits.
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
