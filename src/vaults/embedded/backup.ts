import { join, resolve } from 'node:path';
import { TokenError } from '../../core/errors.js';
import type { DriverDeps } from '../../drivers.js';
import { createEmptyFile } from './init.js';
import { writeNewFile } from '../../common/new-file.js';
import { keySource, pathOf, type EmbeddedSettings } from './settings.js';
import { checkVault, withVaultFile, type CheckResult } from './check.js';
import { tellingWhy, withFolderBeside } from './copy-folder.js';

/**
 * Copies the vault, as of one moment, into a new file while others keep using it; the copy is checked and opens with the same key.
 * @throws TokenError as `openEmbeddedVault`; `ConfigInvalid` where `destination` exists.
 */
export async function backupEmbeddedVault(
  settings: EmbeddedSettings,
  deps: DriverDeps,
  destination: string,
): Promise<CheckResult> {
  const target = resolve(deps.baseDir, destination);
  const source = keySource(settings, deps);
  const path = pathOf(settings, deps);
  return await withVaultFile(path, (db) =>
    withFolderBeside(path, async (folder) => {
      const copy = join(folder, 'copy');
      await createEmptyFile(copy);
      await db.copyTo(copy);
      const checked = await withVaultFile(copy, (one) => checkVault(one, source));
      const unwritten = tellingWhy(
        `the backup ${target} cannot be written`,
        'name a place that can be written and has space',
      );
      if (await writeNewFile(target, { copyOf: copy }).catch(unwritten)) return { ...checked, path: target };
      throw new TokenError('ConfigInvalid', `the backup ${target} exists already`, { do: 'name a new file' });
    }),
  );
}
