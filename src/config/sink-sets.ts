import type { z } from 'zod';
import type { JsonObject } from '../core/json.js';
import { isSegment } from '../core/key.js';
import { addUnknownName, checkShape } from './check.js';
import { printable, type Path, type ProblemList } from './problems.js';
import { sinkEntrySchema } from './schema.js';
import { collectEntries, isList, type ConfigFile } from './sections.js';

/** One sink of a token, as written. */
export interface SinkUse {
  readonly sink: string;
  readonly takeOver: boolean;
  readonly target: JsonObject;
  /** Where it was written: in the token, or in a set. */
  readonly file: ConfigFile;
  readonly path: Path;
}

/** Sets by name, with nested sets expanded; null: a set with a reported problem. */
export type SinkSets = ReadonlyMap<string, readonly SinkUse[] | null>;

/** Nested deeper, nobody could tell what a set contains. */
const maxDepth = 16;

/** Reads `sinkSets`: lists of sinks and of other sets. */
export function readSinkSets(files: readonly ConfigFile[], known: KnownSinks, problems: ProblemList): SinkSets {
  const written = new Map<string, readonly SinkUse[] | null>();
  const kind = { section: 'sinkSets', isRight: isList, expected: 'a list of sinks' } as const;
  for (const { name, file, path, value } of collectEntries(files, kind, problems).values()) {
    if (!isSegment(name)) problems.add(file, path, 'BadName', `${printable(name)} is not a name`, { part: 'key' });
    if (known?.has(name) === true)
      problems.add(file, path, 'DuplicateName', `a sink is called ${name} too`, { part: 'key' });
    const uses = value.map((item, index) => {
      const place = { source: file, path: [...path, index], value: item };
      const entry = checkShape(sinkEntrySchema, place, problems);
      return entry === undefined ? undefined : toSinkUse(entry, file, place.path);
    });
    written.set(name, uses.includes(undefined) ? null : uses.filter((use) => use !== undefined));
  }
  const sets = new Map<string, readonly SinkUse[] | null>();
  for (const name of written.keys()) follow(name, [], { written, sets, known, problems });
  return sets;
}

/** Names of all sinks; null where this configuration declares no connections, so only the worker knows them. */
export type KnownSinks = ReadonlySet<string> | null;

/** One entry of a list of sinks: a name, or a map with `sink` and a target. */
export function toSinkUse(entry: z.output<typeof sinkEntrySchema>, file: ConfigFile, path: Path): SinkUse {
  if (typeof entry === 'string') return { sink: entry, takeOver: false, target: {}, file, path };
  const { sink, takeOver, ...target } = entry;
  return { sink, takeOver: takeOver ?? false, target: target as JsonObject, file, path };
}

/**
 * Replaces the names of sets by their sinks, without duplicates.
 * @returns null where a sink is unknown (reported here) or a set has a problem (reported where it is defined).
 */
export function expandSets(
  uses: readonly SinkUse[],
  sets: SinkSets,
  known: KnownSinks,
  problems: ProblemList,
): SinkUse[] | null {
  const expanded = new Map<string, SinkUse>();
  let isWrong = false;
  for (const use of uses) {
    const members = sets.has(use.sink) ? membersOf(use, sets, problems) : [use];
    if (members === null || (!sets.has(use.sink) && !isKnown(use, sets, known, problems))) isWrong = true;
    for (const member of members ?? [])
      expanded.set(JSON.stringify([member.sink, member.target, member.takeOver]), member);
  }
  return isWrong ? null : [...expanded.values()];
}

function membersOf(use: SinkUse, sets: SinkSets, problems: ProblemList): SinkUse[] | null {
  if (Object.keys(use.target).length > 0) {
    problems.add(use.file, use.path, 'WrongValue', `${use.sink} is a set of sinks and takes no target`, {
      do: 'name the sink itself',
    });
    return null;
  }
  return sets.get(use.sink)?.map((member) => ({ ...member, takeOver: member.takeOver || use.takeOver })) ?? null;
}

function isKnown(use: SinkUse, sets: SinkSets, known: KnownSinks, problems: ProblemList): boolean {
  if (known === null || known.has(use.sink)) return true;
  addUnknownName(use, { kind: 'sink', name: use.sink }, [...known, ...sets.keys()], problems);
  return false;
}

interface Following {
  readonly written: ReadonlyMap<string, readonly SinkUse[] | null>;
  readonly sets: Map<string, readonly SinkUse[] | null>;
  readonly known: KnownSinks;
  readonly problems: ProblemList;
}

/** Expands one set, nested ones first. */
function follow(name: string, trail: readonly string[], following: Following): void {
  const { written, sets, known, problems } = following;
  if (sets.has(name)) return;
  const uses = written.get(name) ?? null;
  for (const use of uses ?? []) {
    if (!written.has(use.sink) || sets.has(use.sink)) continue;
    const circle = [...trail, name, use.sink];
    const start = circle.indexOf(use.sink);
    if (start < circle.length - 1) {
      problems.add(use.file, use.path, 'SinkSetCycle', `a set within itself: ${circle.slice(start).join(' → ')}`);
      sets.set(use.sink, null);
    } else if (circle.length > maxDepth) {
      problems.add(use.file, use.path, 'SinkSetCycle', `sets within sets, more than ${maxDepth} deep`, {
        do: 'write it flatter',
      });
      sets.set(use.sink, null);
    } else {
      follow(use.sink, [...trail, name], following);
    }
  }
  // A set in a cycle was set to null meanwhile. By now `sets` has all sets that this one names.
  if (!sets.has(name)) sets.set(name, uses && expandSets(uses, sets, known, problems));
}
