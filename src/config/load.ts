import { dirname, resolve } from 'node:path';
import { stat } from 'node:fs/promises';
import type { Config, Registries, WorkerConfig } from './config.js';
import type { Declared } from './connection-entries.js';
import { readConnections } from './connection-entries.js';
import { listConfigFiles, readConfigText } from './files.js';
import { readNotify } from './notify-entries.js';
import { ProblemList } from './problems.js';
import type { Problem } from './problems.js';
import { checkTop, isObject } from './sections.js';
import { checkSense } from './sense.js';
import { readSinkSets } from './sink-sets.js';
import { readTokens } from './token-entries.js';
import { readYaml } from './yaml.js';

/** What to read, and against which drivers. */
export interface LoadOptions {
  /** Files, and folders with `.yaml` files; the first one's `defaults` hold for all. */
  readonly paths: readonly string[];
  readonly registries: Registries;
}

/** A configuration, or all that is wrong with it. */
export type Loaded =
  | { readonly ok: true; readonly config: Config; readonly files: readonly string[]; readonly baseDir: string }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly files: readonly string[] };

/** Reads and checks a configuration. It resolves no reference and asks no driver to connect; nothing it does throws. */
export async function loadConfig({ paths, registries }: LoadOptions): Promise<Loaded> {
  const problems = new ProblemList();
  const files = await listConfigFiles(paths, problems);
  const texts: NamedText[] = [];
  for (const file of files) {
    const text = await readConfigText(file, problems);
    if (text !== null) texts.push({ file, text });
  }
  const config = readConfig(texts, registries, problems);
  if (problems.size > 0) return { ok: false, problems: problems.sorted(files), files };
  return { ok: true, config, files, baseDir: await baseDirOf(paths[0] ?? '.') };
}

/** One file's text under the name that problems shall have. */
export interface NamedText {
  readonly file: string;
  readonly text: string;
}

/** The same for texts that are in memory. */
export function parseConfig(texts: readonly NamedText[], registries: Registries): Loaded {
  const problems = new ProblemList();
  const config = readConfig(texts, registries, problems);
  const files = texts.map(({ file }) => file);
  if (problems.size > 0) return { ok: false, problems: problems.sorted(files), files };
  return { ok: true, config, files, baseDir: resolve('.') };
}

function readConfig(texts: readonly NamedText[], registries: Registries, problems: ProblemList): Config {
  const read = texts.map(({ file, text }) => readYaml(file, text, problems));
  const files = read.filter((file) => checkTop(file, problems) !== null);
  const checkNames = files.some(
    (file) =>
      isObject(file.value) && connectionSections.some((section) => Object.hasOwn(file.value as object, section)),
  );
  const connections = readConnections(files, registries, problems);
  const knownSinks = checkNames ? new Set(connections.sinks.keys()) : null;
  const sets = readSinkSets(files, knownSinks, problems);
  const notify = readNotify(files, problems);
  const tokens = readTokens(files, { registries, connections, sets, knownSinks, checkNames }, problems);
  checkSense(tokens, connections, registries, problems);
  const worker: WorkerConfig = {
    vaults: soundOnes(connections.vaults),
    issuers: soundOnes(connections.issuers),
    sinks: soundOnes(connections.sinks),
    notify,
  };
  const specs = tokens.map(({ spec }) => spec).sort((a, b) => (a.key < b.key ? -1 : 1));
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
