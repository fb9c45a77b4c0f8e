import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findDriver } from '../../config/config.js';
import { parseResolved } from '../../connections/parse-resolved.js';
import { resolveReferences } from '../../connections/resolve-references.js';
import { silentLog } from '../../drivers.js';
import { driverDepsOf } from '../../read-config.js';
import type { Session } from '../session.js';
import { warning, type Finding } from './finding.js';

/**
 * Warns of files that tokens share with other content and that every user of this host may read: they keep their mode, and most programs
 * make them with 0644. The mode of a file that is ours as a whole is the one that its sink declares.
 */
export async function* examineSharedFiles(session: Session): AsyncGenerator<Finding> {
  if (process.platform === 'win32') return;
  for (const [path, sink] of await sharedFiles(session)) {
    if (await isOpenToAll(path))
      yield warning(`sink ${sink}`, `any user of this host may read ${path} and the values in it`, `chmod o-r ${path}`);
  }
}

/** Paths, each with a sink that writes there. What can't be resolved here is reported with its token. */
async function sharedFiles(session: Session): Promise<ReadonlyMap<string, string>> {
  const { config, baseDir } = await session.soundConfig();
  const { sinks, drivers } = config.worker;
  const deps = driverDepsOf(baseDir, { log: silentLog, env: session.io.env });
  const found = new Map<string, string>();
  for (const { key, connection, target } of config.tokens.flatMap((spec) =>
    spec.sinks.map((sink) => ({ ...sink, key: spec.key })),
  )) {
    const declared = sinks.get(connection);
    const driver = declared && findDriver(drivers.sinks, declared.driver);
    if (driver?.file === undefined) continue;
    try {
      const settings = parseResolved(driver.connection, await resolveReferences(declared?.settings ?? {}, deps), '');
      const { path, whole } = driver.file(settings, key, driver.target.parse(target), baseDir);
      if (!whole) found.set(path, connection);
    } catch {
      // The check of that sink says why.
    }
  }
  return found;
}

/** Whether everybody may read a file and pass all folders on the way to it. */
async function isOpenToAll(path: string): Promise<boolean> {
  try {
    if (((await stat(path)).mode & 0o004) === 0) return false;
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      if (((await stat(folder)).mode & 0o001) === 0) return false;
      if (dirname(folder) === folder) return true;
    }
  } catch {
    return false;
  }
}
