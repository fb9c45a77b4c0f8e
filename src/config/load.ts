import { byKey } from '../core/key.js';
import { resolve } from 'node:path';
import { baseDirOf } from './base-dir.js';
import type { Config, KnownDrivers, Registries, WorkerConfig } from './config.js';
import { type Declared, readConnections } from './connection-entries.js';
import { readDriverEntries } from './driver-entries.js';
import { loadDriverModules, type DriverModule } from './driver-modules.js';
import { listConfigFiles, readConfigText } from './files.js';
import { readNotify } from './notify-entries.js';
import { ProblemList, type Problem } from './problems.js';
import { checkTop, type ConfigFile } from './sections.js';
import { checkSense } from './sense.js';
import { readSinkSets } from './sink-sets.js';
import { readTokens } from './token-entries.js';
import { readYaml } from './yaml.js';

/** What to read, and with which drivers. */
export interface LoadOptions {
  /** Files, and folders with `.yaml` files; the first file's `defaults` apply to all. */
  readonly paths: readonly string[];
  /** The drivers that need no module. */
  readonly registries: Registries;
  /**
   * What to do about a driver module that cannot be loaded. `required`, the default: report it as a problem.
   * `optional`: connections of its drivers are not checked, and fail where they are used.
   */
  readonly modules?: 'required' | 'optional' | undefined;
}

/** A configuration without problems. */
export interface LoadedConfig {
  readonly ok: true;
  readonly config: Config;
  readonly files: readonly string[];
  /** The folder that relative paths start from, absolute. */
  readonly baseDir: string;
  /** The modules of drivers that were loaded. */
  readonly modules: readonly DriverModule[];
  /** Problems of the other modules, where they are optional. */
  readonly moduleProblems: readonly Problem[];
}

/** A configuration, or all its problems. */
export type Loaded =
  | LoadedConfig
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly files: readonly string[] };

/** Reads and checks a configuration, and imports its driver modules. It resolves no references and connects no driver. Never throws. */
export async function loadConfig({ paths, registries, modules = 'required' }: LoadOptions): Promise<Loaded> {
  const problems = new ProblemList();
  const { files, read } = await readPaths(paths, problems);
  const moduleProblems = modules === 'required' ? problems : new ProblemList();
  const before = moduleProblems.size;
  const drivers = await loadDriverModules(readDriverEntries(read, problems), registries, moduleProblems);
  const areKnown = moduleProblems.size === before;
  const baseDir = baseDirOf(paths);
  const config = assembleConfig(read, { registries: drivers.registries, areKnown }, baseDir, problems);
  if (problems.size > 0) return { ok: false, problems: problems.sorted(files), files };
  const notLoaded = modules === 'required' ? [] : moduleProblems.sorted(files);
  return { ok: true, config, files, baseDir, modules: drivers.modules, moduleProblems: notLoaded };
}

/** The drivers that a configuration may name: the given ones and those of its modules. Tokens and connections are not checked. Never throws. */
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

/** A file's text, with the name for problems. */
export interface NamedText {
  readonly file: string;
  readonly text: string;
}

/** As `loadConfig`, for texts in memory. Modules are not loaded, so connections of their drivers are not checked. */
export function parseConfig(texts: readonly NamedText[], registries: Registries): Loaded {
  const problems = new ProblemList();
  const read = readFiles(texts, problems);
  const areKnown = readDriverEntries(read, problems).length === 0;
  const baseDir = resolve('.');
  const config = assembleConfig(read, { registries, areKnown }, baseDir, problems);
  const files = texts.map(({ file }) => file);
  if (problems.size > 0) return { ok: false, problems: problems.sorted(files), files };
  return { ok: true, config, files, baseDir, modules: [], moduleProblems: [] };
}

function readFiles(texts: readonly NamedText[], problems: ProblemList): ConfigFile[] {
  return texts
    .map(({ file, text }) => checkTop(readYaml(file, text, problems), problems))
    .filter((file) => file !== null);
}

/** The configuration that files declare together. */
function assembleConfig(
  files: readonly ConfigFile[],
  drivers: KnownDrivers,
  baseDir: string,
  problems: ProblemList,
): Config {
  const hasConnections = files.some(({ value }) => connectionSections.some((section) => Object.hasOwn(value, section)));
  const { registries } = drivers;
  const connections = readConnections(files, drivers, problems);
  const knownSinks = hasConnections ? new Set(connections.sinks.keys()) : null;
  const sets = readSinkSets(files, knownSinks, problems);
  const notify = readNotify(files, problems);
  const tokens = readTokens(files, { drivers, connections, sets, knownSinks }, problems);
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
