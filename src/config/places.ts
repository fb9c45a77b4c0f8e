import { dirname } from 'node:path';
import { TokenError } from '../core/errors.js';
import { checkShape } from './check.js';
import { type Registries, findDriver } from './config.js';
import type { DeclaredConnections } from './connection-entries.js';
import type { ProblemList } from './problems.js';
import type { SinkUse } from './sink-sets.js';
import type { PlaceFile } from '../sinks/sink.js';
import type { DeclaredToken } from './token-entries.js';

/** What tokens are checked against. */
export interface Surroundings {
  readonly connections: DeclaredConnections;
  readonly registries: Registries;
  /** Where relative paths start, absolute. */
  readonly baseDir: string;
}

/** Where one use of a sink writes its value. */
interface Holding {
  readonly key: string;
  readonly use: SinkUse;
  /** The same for all uses that would overwrite each other. */
  readonly place: string;
  readonly file?: PlaceFile | undefined;
}

/** Checks that no two uses of sinks would overwrite each other, or need a folder where the other one has its file. */
export function checkPlaces(tokens: readonly DeclaredToken[], surroundings: Surroundings, problems: ProblemList): void {
  const byPlace = new Map<string, Holding>();
  const byFile = new Map<string, Holding>();
  const byFolder = new Map<string, Holding>();
  for (const token of tokens) {
    for (const use of token.uses) {
      const holding = holdingOf(token, use, surroundings, problems);
      if (holding === null) continue;
      const { place, file } = holding;
      const samePlace = byPlace.get(place);
      const sameFile = file && byFile.get(file.path);
      if (samePlace !== undefined) reportTaken(holding, samePlace, problems);
      else if (file && sameFile?.file && (file.whole || sameFile.file.whole))
        reportShared(holding, sameFile, file, problems);
      byPlace.set(place, samePlace ?? holding);
      if (!file) continue;
      const folders = foldersOf(file.path);
      const inTheWay = byFolder.get(file.path) ?? folders.map((folder) => byFile.get(folder)).find(Boolean);
      if (inTheWay?.file) reportInTheWay(holding, inTheWay, [file.path, inTheWay.file.path], problems);
      byFile.set(file.path, sameFile ?? holding);
      for (const folder of folders) if (!byFolder.has(folder)) byFolder.set(folder, holding);
    }
  }
}

/** Null where the place is not known yet, or was refused and reported. */
function holdingOf(
  { spec }: DeclaredToken,
  use: SinkUse,
  { connections, registries, baseDir }: Surroundings,
  problems: ProblemList,
): Holding | null {
  const declared = connections.sinks.get(use.sink);
  const driver = declared?.config && findDriver(registries.sinks, declared.config.driver);
  if (!declared || !driver) return null;
  const target = checkShape(driver.target, { source: use.file, path: use.path, value: use.target }, problems);
  // A place that depends on a reference can only be compared once the worker resolves it.
  if (target === undefined || declared.parsed === undefined) return null;
  try {
    const place = `${driver.name} ${driver.place(declared.parsed, spec.key, target, baseDir)}`;
    return { key: spec.key, use, place, file: driver.file?.(declared.parsed, spec.key, target, baseDir) };
  } catch (error) {
    const known =
      error instanceof TokenError ? error : new TokenError('ConfigInvalid', 'the driver does not take this place');
    problems.add(use.file, use.path, 'WrongValue', known.message, { do: known.do });
    return null;
  }
}

function reportTaken({ key, use }: Holding, holder: Holding, problems: ProblemList): void {
  refuse(use, `${key} would overwrite ${ownerOf(holder, key)} in ${use.sink} ${lineOf(holder)}`, problems);
}

/** One of two sinks replaces the whole file that the other one also writes to. */
function reportShared(holding: Holding, holder: Holding, { path }: PlaceFile, problems: ProblemList): void {
  refuse(holding.use, `${bothWords(holding, holder)} would overwrite each other in ${path}`, problems);
}

/** The file of one is a folder of the other's. */
function reportInTheWay(holding: Holding, holder: Holding, paths: [string, string], problems: ProblemList): void {
  const [path] = paths.toSorted((a, b) => a.length - b.length);
  const both = bothWords(holding, holder);
  refuse(holding.use, `of ${both} one needs ${path} as a file, the other one as a folder`, problems);
}

function refuse({ file, path }: SinkUse, message: string, problems: ProblemList): void {
  problems.add(file, path, 'PlaceTaken', message);
}

/** All folders above a path, the nearest first. */
function foldersOf(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...foldersOf(folder)];
}

const ownerOf = (holder: Holding, key: string): string => (holder.key === key ? 'this token itself' : holder.key);

const bothWords = ({ key, use }: Holding, holder: Holding): string =>
  `${key} in ${use.sink} and ${ownerOf(holder, key)} in ${holder.use.sink} ${lineOf(holder)}`;

function lineOf({ use }: Holding): string {
  return `(${use.file.file}:${use.file.positionOf(use.path).line})`;
}
