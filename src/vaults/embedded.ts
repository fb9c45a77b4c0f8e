import { embeddedSettings, type EmbeddedSettings } from './embedded/settings.js';
import { openEmbeddedVault } from './embedded/vault.js';
import { defineVault } from './vault.js';

export { backupEmbeddedVault } from './embedded/backup.js';
export { checkEmbeddedVault } from './embedded/check.js';
export { initEmbeddedVault } from './embedded/init.js';
export { writableByAll } from './embedded/permissions.js';
export { rekeyEmbeddedVault } from './embedded/rekey.js';
export { onFullDisk } from './embedded/reserve-room.js';
export { checkBackup, restoreEmbeddedVault } from './embedded/restore.js';
export { embeddedSettings, type EmbeddedSettings } from './embedded/settings.js';

/**
 * Keeps sealed documents in one SQLite file, for all processes of one host. Each document is a JWE bound to its vault, key and revision;
 * the vault key is never in the database.
 */
export const embedded = defineVault<EmbeddedSettings>({
  name: 'embedded',
  connection: embeddedSettings,
  open: openEmbeddedVault,
});
