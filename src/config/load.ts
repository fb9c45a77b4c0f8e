import { byKey } from '../core/key.js';
import { resolve } from 'node:path';
import { baseDirOf } from './base-dir.js';
import type { Config, KnownDrivers, Registries, WorkerConfig } from './config.js';
import { type Declared, readConnections } from './connection-entries.js';
import { readDriverEntries } from './driver-entries.js';
import { loadDriverModules, type DriverModule } from './driver-modules.js';
import { listConfigFiles, readConfigText } from './files.js';
import { readNotify } from './notify-entries.js';
import { isOfFile, ProblemList, type Problem } from './problems.js';
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
   * Take what is sound: a token, connection or driver module that has a problem is left out, and fails where it is used. So is a whole file
   * where it, or a section of it, cannot be read: what others declare may then mean something else, so that no token is declared. Refused
   * where no file is left. Default: any problem is refused.
   */
  readonly lenient?: boolean | undefined;
}

/** A configuration without problems, or what is sound of it. */
export interface LoadedConfig {
  readonly ok: true;
  readonly config: Config;
  readonly files: readonly string[];
  /** The folder that relative paths start from, absolute. */
  readonly baseDir: string;
  /** The modules of drivers that were loaded. */
  readonly modules: readonly DriverModule[];
}

/** A configuration, or all its problems. */
export type Loaded =
  | LoadedConfig
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly files: readonly string[] };

/** Reads and checks a configuration, and imports its driver modules. It resolves no references and connects no driver. Never throws. */
export async function loadConfig({ paths, registries, lenient = false }: LoadOptions): Promise<Loaded> {
  const list = new ProblemList();
  const { files, read } = await readPaths(paths, list);
  const entries = readDriverEntries(read, list);
  const before = list.size;
  const drivers = await loadDriverModules(entries, registries, list);
  const areKnown = list.size === before;
  const baseDir = baseDirOf(paths);
  const known: KnownDrivers = { registries: drivers.registries, areKnown };
  const sound = assembleConfig(read, known, baseDir, list);
  const problems = list.sorted(files);
  const unread = new Set(problems.filter(isOfFile).map(({ file }) => file));
  const rest = read.filter(({ file }) => !unread.has(file));
  if (problems.length > 0 && !(lenient && rest.length > 0)) return { ok: false, problems, files };
  const { worker, ...declared } = unread.size === 0 ? sound : withoutTokens(assembleConfig(rest, known, baseDir, list));
  return {
    ok: true,
    config: { ...declared, worker: { ...worker, problems } },
    files,
    baseDir,
    modules: drivers.modules,
  };
}

/** A token of a file that was read may get its defaults, or its vault, from one that was not. */
const withoutTokens = ({ worker }: Config): Config => ({ worker, tokens: [], leftOut: new Set() });

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
  return { ok: true, config, files, baseDir, modules: [] };
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
  const { tokens, troubled } = readTokens(files, { drivers, connections, sets, knownSinks }, problems);
  checkSense(tokens, { connections, registries, baseDir }, problems);
  const worker: WorkerConfig = {
    vaults: soundOnes(connections.vaults, problems.namesIn('vaults')),
    issuers: soundOnes(connections.issuers, problems.namesIn('issuers')),
    sinks: soundOnes(connections.sinks, problems.namesIn('sinks')),
    notify,
    drivers: registries,
    problems: [],
  };
  const specs = tokens.map(({ spec }) => spec).filter(({ key }) => !troubled.has(key));
  return { worker, tokens: specs.sort(byKey), leftOut: troubled };
}

const connectionSections = ['vaults', 'issuers', 'sinks'] as const;

/** Those without a problem; of two of one name nobody knows which is meant. */
function soundOnes<ConfigPart>(
  declared: ReadonlyMap<string, Declared<ConfigPart>>,
  troubled: ReadonlySet<string>,
): Map<string, ConfigPart> {
  const sound = new Map<string, ConfigPart>();
  for (const [name, { config }] of declared) if (config !== null && !troubled.has(name)) sound.set(name, config);
  return sound;
}
