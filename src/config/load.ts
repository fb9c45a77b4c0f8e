import { isObject } from '../core/json.js';
import { byKey } from '../core/key.js';
import { dirname, resolve } from 'node:path';
import { stat } from 'node:fs/promises';
import type { Config, KnownDrivers, Registries, WorkerConfig } from './config.js';
import type { Declared } from './connection-entries.js';
import { readConnections } from './connection-entries.js';
import { readDriverEntries } from './driver-entries.js';
import { loadDriverModules, type DriverModule } from './driver-modules.js';
import { listConfigFiles, readConfigText } from './files.js';
import { readNotify } from './notify-entries.js';
import { ProblemList } from './problems.js';
import type { Problem } from './problems.js';
import { checkTop } from './sections.js';
import { checkSense } from './sense.js';
import { readSinkSets } from './sink-sets.js';
import { readTokens } from './token-entries.js';
import { readYaml } from './yaml.js';
import type { YamlFile } from './yaml.js';

/** What to read, and against which drivers. */
export interface LoadOptions {
  /** Files, and folders with `.yaml` files; the first one's `defaults` hold for all. */
  readonly paths: readonly string[];
  /** Those that need no module. */
  readonly registries: Registries;
  /**
   * What to do about a module of drivers that cannot be loaded. `required`, the default: it is a problem like any other.
   * `optional`: connections of its drivers are not judged, and fail where they are used.
   */
  readonly modules?: 'required' | 'optional' | undefined;
}

/** A configuration that is sound. */
export interface LoadedConfig {
  readonly ok: true;
  readonly config: Config;
  readonly files: readonly string[];
  /** The folder that relative paths start from, absolute. */
  readonly baseDir: string;
  /** The modules of drivers that were loaded. */
  readonly modules: readonly DriverModule[];
  /** What is wrong with the others, where they are optional. */
  readonly moduleProblems: readonly Problem[];
}

/** A configuration, or all that is wrong with it. */
export type Loaded =
  LoadedConfig | { readonly ok: false; readonly problems: readonly Problem[]; readonly files: readonly string[] };

/**
 * Reads and checks a configuration, and imports the modules of drivers that it names. It resolves no reference and asks no driver to
 * connect; nothing it does throws.
 */
export async function loadConfig({ paths, registries, modules = 'required' }: LoadOptions): Promise<Loaded> {
  const problems = new ProblemList();
  const { files, read } = await readPaths(paths, problems);
  const moduleProblems = modules === 'required' ? problems : new ProblemList();
  const before = moduleProblems.size;
  const drivers = await loadDriverModules(readDriverEntries(read, problems), registries, moduleProblems);
  const areKnown = moduleProblems.size === before;
  const baseDir = await baseDirOf(paths[0] ?? '.');
  const config = readConfig(read, { registries: drivers.registries, areKnown }, baseDir, problems);
  if (problems.size > 0) return { ok: false, problems: problems.sorted(files), files };
  const notLoaded = modules === 'required' ? [] : moduleProblems.sorted(files);
  return { ok: true, config, files, baseDir, modules: drivers.modules, moduleProblems: notLoaded };
}

/**
 * The drivers that a configuration may name: those given and those of its modules. Its tokens and connections are not judged.
 * Nothing it does throws.
 */
export async function loadDrivers(
  paths: readonly string[],
  registries: Registries,
): Promise<
  { readonly ok: true; readonly registries: Registries } | { readonly ok: false; readonly problems: readonly Problem[] }
> {
  const problems = new ProblemList();
  const { files, read } = await readPaths(paths, problems);
  const drivers = await loadDriverModules(readDriverEntries(read, problems), registries, problems);
  if (problems.size > 0) return { ok: false, problems: problems.sorted(files) };
  return { ok: true, registries: drivers.registries };
}

async function readPaths(paths: readonly string[], problems: ProblemList) {
  const files = await listConfigFiles(paths, problems);
  const texts: NamedText[] = [];
  for (const file of files) {
    const text = await readConfigText(file, problems);
    if (text !== null) texts.push({ file, text });
  }
  return { files, read: readFiles(texts, problems) };
}

/** One file's text under the name that problems shall have. */
export interface NamedText {
  readonly file: string;
  readonly text: string;
}

/** The same for texts that are in memory; modules are not loaded, so that the connections of their drivers are not judged. */
export function parseConfig(texts: readonly NamedText[], registries: Registries): Loaded {
  const problems = new ProblemList();
  const read = readFiles(texts, problems);
  const areKnown = readDriverEntries(read, problems).length === 0;
  const baseDir = resolve('.');
  const config = readConfig(read, { registries, areKnown }, baseDir, problems);
  const files = texts.map(({ file }) => file);
  if (problems.size > 0) return { ok: false, problems: problems.sorted(files), files };
  return { ok: true, config, files, baseDir, modules: [], moduleProblems: [] };
}

function readFiles(texts: readonly NamedText[], problems: ProblemList): YamlFile[] {
  return texts
    .map(({ file, text }) => readYaml(file, text, problems))
    .filter((file) => checkTop(file, problems) !== null);
}

function readConfig(files: readonly YamlFile[], drivers: KnownDrivers, baseDir: string, problems: ProblemList): Config {
  const checkNames = files.some(
    (file) =>
      isObject(file.value) && connectionSections.some((section) => Object.hasOwn(file.value as object, section)),
  );
  const { registries } = drivers;
  const connections = readConnections(files, drivers, problems);
  const knownSinks = checkNames ? new Set(connections.sinks.keys()) : null;
  const sets = readSinkSets(files, knownSinks, problems);
  const notify = readNotify(files, problems);
  const tokens = readTokens(files, { drivers, connections, sets, knownSinks, checkNames }, problems);
  checkSense(tokens, { connections, registries, baseDir }, problems);
  const worker: WorkerConfig = {
    vaults: soundOnes(connections.vaults),
    issuers: soundOnes(connections.issuers),
    sinks: soundOnes(connections.sinks),
    notify,
    drivers: registries,
  };
  const specs = tokens.map(({ spec }) => spec).sort(byKey);
  return { worker, tokens: specs };
}

const connectionSections = ['vaults', 'issuers', 'sinks'] as const;

function soundOnes<ConfigPart>(declared: ReadonlyMap<string, Declared<ConfigPart>>): Map<string, ConfigPart> {
  return new Map([...declared].flatMap(([name, { config }]) => (config === null ? [] : [[name, config] as const])));
}

/** Relative paths of a configuration start from its folder. */
async function baseDirOf(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return resolve(isFolder ? path : dirname(path));
}
