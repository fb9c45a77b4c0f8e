import { driverApi, driverMarkOf, type DriverKind } from '../driver-mark.js';
import { type Registries, findDriver } from './config.js';
import type { DriverEntry } from './driver-entries.js';
import { driverFault } from './driver-shape.js';
import { importDriver } from './import-driver.js';
import { printable, type ProblemList } from './problems.js';
import { sectionOf, withDriver, type AnyDriver } from './registries.js';

/** A loaded module. */
export interface DriverModule {
  /** As it was written. */
  readonly specifier: string;
  /** Its drivers, such as `issuer acme`. */
  readonly drivers: readonly string[];
  /** Its file has changed since this process imported it: the new code needs a restart. */
  readonly isStale: boolean;
}

/** Drivers and where they came from. */
export interface LoadedDrivers {
  readonly registries: Registries;
  readonly modules: readonly DriverModule[];
}

/**
 * Imports the modules that a configuration names and adds their drivers to `registries`. This runs code: only the worker's own files can
 * name a module, so whoever may write them may run code.
 */
export async function loadDriverModules(
  entries: readonly DriverEntry[],
  registries: Registries,
  problems: ProblemList,
): Promise<LoadedDrivers> {
  const gathered = new Gathered(registries, problems);
  // One after the other, so that problems and name conflicts come in the order of the file.
  for (const entry of entries) await gathered.add(entry);
  return gathered;
}

class Gathered implements LoadedDrivers {
  registries: Registries;
  readonly modules: DriverModule[] = [];
  readonly #problems: ProblemList;
  readonly #urls = new Set<string>();
  /** Which entry brought a driver, by `kind name`. */
  readonly #origins = new Map<string, DriverEntry>();

  constructor(registries: Registries, problems: ProblemList) {
    this.registries = registries;
    this.#problems = problems;
  }

  async add(entry: DriverEntry): Promise<void> {
    const { file, path, specifier } = entry;
    const what = printable(specifier);
    const imported = await importDriver(specifier, file.file);
    if (!imported.ok) {
      this.#problems.add(file, path, imported.code, `${what}: ${imported.message}`, { do: imported.do });
      return;
    }
    if (this.#urls.has(imported.url)) return;
    this.#urls.add(imported.url);
    const marked = imported.exports.flatMap((value) => {
      const mark = driverMarkOf(value);
      return mark === null ? [] : [{ mark, driver: value as AnyDriver }];
    });
    if (marked.length === 0) this.#problems.add(file, path, 'DriverMissing', `${what}: exports no driver`);
    const drivers = marked.flatMap(({ mark: { kind, api }, driver }) => {
      if (api === driverApi) return this.#register(entry, kind, driver) ? [`${kind} ${driver.name}`] : [];
      const message = `${what}: made for drivers of version ${api}, this tokenkeeper takes version ${driverApi}`;
      this.#problems.add(file, path, 'DriverIncompatible', message);
      return [];
    });
    if (drivers.length > 0) this.modules.push({ specifier, drivers, isStale: imported.isStale });
  }

  #register(entry: DriverEntry, kind: DriverKind, driver: AnyDriver): boolean {
    const { file, path, specifier } = entry;
    const fault = driverFault(kind, driver);
    if (fault !== null) {
      this.#problems.add(file, path, 'DriverWrong', `${printable(specifier)}: ${fault}`);
      return false;
    }
    const name = `${kind} ${driver.name}`;
    if (findDriver<AnyDriver>(this.registries[sectionOf[kind]], driver.name) !== undefined) {
      const message = `${printable(specifier)}: the ${kind} driver ${driver.name} is ${this.#originOf(name)} already`;
      this.#problems.add(file, path, 'DriverTaken', message);
      return false;
    }
    this.registries = withDriver(this.registries, kind, driver);
    this.#origins.set(name, entry);
    return true;
  }

  #originOf(name: string): string {
    const origin = this.#origins.get(name);
    if (origin === undefined) return 'there';
    const { line } = origin.file.positionOf(origin.path);
    return `in ${printable(origin.specifier)} (${origin.file.file}:${line})`;
  }
}
