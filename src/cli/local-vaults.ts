import { dirname, resolve } from 'node:path';
import { requireSoundVaults, type Config } from '../config/config.js';
import { parseResolved } from '../connections/parse-resolved.js';
import { resolveReferences } from '../connections/resolve-references.js';
import { TokenError } from '../core/errors.js';
import { silentLog, type DriverDeps } from '../drivers.js';
import { driverDepsOf } from '../read-config.js';
import { embedded, embeddedSettings, initEmbeddedVault, type EmbeddedSettings } from '../vaults/embedded.js';
import { makeStateFolder, stateFolderOf } from './own-folders.js';
import type { Session } from './session.js';

export {
  backupEmbeddedVault,
  checkBackup,
  checkEmbeddedVault,
  onFullDisk,
  rekeyEmbeddedVault,
  restoreEmbeddedVault,
  writableByAll,
} from '../vaults/embedded.js';

/** Names of the vaults on this host. */
export function localVaults({ worker }: Config): string[] {
  return [...worker.vaults].filter(([, { driver }]) => driver === embedded.name).map(([name]) => name);
}

/** The arguments for functions of the embedded vault. */
export interface LocalVault {
  readonly settings: EmbeddedSettings;
  readonly deps: DriverDeps;
}

/** A local vault by its name; without a name, the only one. @throws TokenError `ConfigInvalid` */
export async function findLocalVault(session: Session, wanted: string | undefined): Promise<LocalVault> {
  const { config, baseDir } = await session.soundConfig();
  const names = localVaults(config);
  if (wanted === undefined || !names.includes(wanted)) requireSoundVaults(config);
  const name = wanted ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined || !names.includes(name)) {
    const message =
      wanted === undefined ? `there are ${names.length} embedded vaults` : `${wanted} is no embedded vault`;
    throw new TokenError('ConfigInvalid', message, { do: vaultRemedy(config, names) });
  }
  const deps = driverDepsOf(baseDir, { log: silentLog, env: session.io.env });
  const declared = config.worker.vaults.get(name)?.settings ?? {};
  const settings = parseResolved(embeddedSettings, await resolveReferences(declared, deps), `vault ${name}`);
  return { settings, deps };
}

function vaultRemedy({ worker }: Config, names: readonly string[]): string {
  if (names.length > 0) return `name one of: ${names.join(', ')}`;
  return worker.vaults.size > 0
    ? 'this command is for embedded vaults: what another driver stores is looked after where it is stored'
    : 'declare one: vaults: { local: { driver: embedded } }';
}

/** Creates a vault, unless it exists. */
export async function initVault(session: Session, name: string | undefined) {
  const { settings, deps } = await findLocalVault(session, name);
  const { baseDir } = deps;
  if (dirname(resolve(baseDir, settings.path)) === stateFolderOf(baseDir)) await makeStateFolder(baseDir);
  return initEmbeddedVault(settings, deps);
}
