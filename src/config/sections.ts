import { isObject, type Json, type JsonObject } from '../core/json.js';
import { addUnknownKey } from './check.js';
import { printable, type Path, type ProblemList, type Source } from './problems.js';
import { sectionNames } from './schema.js';
import type { YamlFile } from './yaml.js';

/** A file of the configuration, which is a map of sections. */
export interface ConfigFile extends Source {
  readonly value: JsonObject;
}

/** One entry of a section, e.g. one sink, and its file. */
export interface Entry<Value extends Json = JsonObject> {
  readonly name: string;
  readonly file: ConfigFile;
  readonly path: Path;
  readonly value: Value;
}

/** The sections that are maps. */
type MapSection = 'vaults' | 'issuers' | 'sinks' | 'sinkSets' | 'tokens';

/** Checks the top level of a file; null: the file is left out. */
export function checkTop(file: YamlFile, problems: ProblemList): ConfigFile | null {
  const { value } = file;
  if (value === undefined) return null;
  if (value === null) {
    problems.add(file, [], 'FileEmpty', 'the file is empty');
    return null;
  }
  if (!isObject(value)) {
    problems.add(file, [], 'WrongType', 'expected a map at the top of the file', { do: 'start with: version: 1' });
    return null;
  }
  for (const key of Object.keys(value)) {
    if (!sectionNames.includes(key)) addUnknownKey({ source: file, path: [key] }, key, sectionNames, problems);
  }
  if (value['version'] === undefined) {
    problems.add(file, [], 'MissingKey', 'version is missing', { do: 'write version: 1 at the top of the file' });
  } else if (value['version'] !== 1) {
    problems.add(file, ['version'], 'VersionUnsupported', 'expected 1');
  }
  return { ...file, value };
}

/** Which entries a section has. */
export interface EntryKind<Value extends Json> {
  readonly section: MapSection;
  readonly isRight: (value: Json) => value is Value;
  /** In words, e.g. `a list of sinks`. */
  readonly expected: string;
}

/** The entries of a section across all files. A duplicate name is refused; an empty section counts as missing. */
export function collectEntries<Value extends Json>(
  files: readonly ConfigFile[],
  { section, isRight, expected }: EntryKind<Value>,
  problems: ProblemList,
): Map<string, Entry<Value>> {
  const entries = new Map<string, Entry<Value>>();
  for (const file of files) {
    const values = sectionOf(file, section, problems);
    for (const [name, value] of Object.entries(values)) {
      const path = [section, name];
      const other = entries.get(name);
      if (!isRight(value)) {
        const message = value === null ? 'is empty' : `expected ${expected}`;
        const remedy = value === null ? 'write its settings, or remove it' : `write ${expected}`;
        problems.add(file, path, 'WrongType', message, { part: 'key', do: remedy });
      } else if (other !== undefined) {
        const { line } = other.file.positionOf(other.path, 'key');
        problems.add(file, path, 'DuplicateName', `${printable(name)} stands in ${other.file.file}:${line} already`, {
          part: 'key',
        });
      } else {
        entries.set(name, { name, file, path, value });
      }
    }
  }
  return entries;
}

function sectionOf(file: ConfigFile, section: MapSection, problems: ProblemList): JsonObject {
  const value = file.value[section] ?? {};
  if (isObject(value)) return value;
  problems.add(file, [section], 'WrongType', 'expected a map', { do: 'write name: settings, one a line' });
  return {};
}

/** Whether a value is a list. */
export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
