import { TokenError } from '../core/errors.js';
import { segmentWords } from '../core/key.js';

/** Everything that can be wrong with a configuration: a stable code, and a remedy in one line. */
export const problemTable = {
  // the file
  FileUnreadable:
    'give the path of a readable file or folder: --config, or TOKENKEEPER_CONFIG; tokenkeeper init writes a first one',
  FileTooLarge: 'split it: a configuration may be several files of at most 1 MB each',
  FileEmpty: 'start with: version: 1',
  NotUtf8: 'save the file as UTF-8',
  YamlSyntax: 'correct the YAML',
  YamlLimit: 'write it flat: at most 64 levels, 100,000 values after aliases, and no alias inside what it names',
  DuplicateKey: 'keep one of the two',
  VersionUnsupported: 'write: version: 1 (a newer one needs a newer tokenkeeper)',
  // the shape
  UnknownKey: 'remove it, or correct its name',
  MissingKey: 'add it',
  WrongType: 'correct the value',
  WrongValue: 'correct the value',
  BadDuration: 'write a number and a unit, such as 90d, 1h30m, 10s or 500ms',
  BadDate: 'write a date or an instant of UTC, such as 2027-01-20 or 2027-01-20T08:00:00Z',
  BadKey: `write <environment>/<name>, each of ${segmentWords}`,
  BadName: `use ${segmentWords}`,
  // secrets
  LiteralSecret: 'put the secret into a file of mode 0600 or a variable, and write ${file:PATH} or ${env:NAME} here',
  BadReference: 'write ${env:NAME} or ${file:PATH}',
  ReferenceNotAllowed: 'name a connection instead: references stand in vaults, issuers, sinks and notify only',
  // the names
  UnknownDriver: 'use one of the drivers',
  UnknownName: 'declare it, or correct the name',
  DuplicateName: 'give one of them another name',
  NameNeeded: 'say which one',
  SinkSetCycle: 'take one of the sets out of the circle',
  WrongEnvironment: 'use a connection of that environment, or widen environment of the connection',
  // modules of drivers
  DriverNotFound: 'write the path of a file, from the folder of this one, or install the package there',
  DriverFailed: 'correct the module, then start again',
  DriverMissing: 'export what defineIssuer, defineSink or defineVault made, by a name or as default',
  DriverWrong: 'correct the driver, then start again',
  DriverTaken: 'give one of them another name, or load one of them',
  DriverIncompatible: 'install versions of tokenkeeper and of the module that fit each other',
  // the sense
  PlaceTaken: 'give one of them another place in the sink, or another sink',
  HoldsTooLong: 'renew earlier (renewBefore), ask for a longer life, or shorten holdsFor to the longest job',
  RenewBeforeTooLong: 'choose a shorter renewBefore, such as 33%',
} as const;

/** A stable code of a problem. */
export type ProblemCode = keyof typeof problemTable;

/** One problem, and where it is. No field ever holds a secret, nor a value from a place where one is expected. */
export interface Problem {
  readonly code: ProblemCode;
  /** As given by the caller. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** E.g. `sinks.files.mode` or `tokens.production/crm-export.sinks[0].path`; empty for the whole file. */
  readonly path: string;
  /** The names and indexes that `path` is made of. */
  readonly at: Path;
  readonly message: string;
  /** What to do next, one line. */
  readonly do: string;
}

/** Whether a problem is about a section, or about one entry of it. */
export const isAbout = ({ at: [first, second] }: Problem, section: string, name?: string): boolean =>
  first === section && (name === undefined || second === name);

/** Whether a problem is about a whole file, or a section of it: nobody knows what it declares. */
export const isOfFile = ({ at }: Problem): boolean => at.length < 2;

/** A position in a file. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A file that can find the position of a path. `key` means the name, not its value. */
export interface Source {
  readonly file: string;
  positionOf(path: Path, part?: 'key' | 'value'): Position;
}

/** Names and indexes from the top of a file. */
export type Path = readonly (string | number)[];

/** Details of a problem. */
export interface ProblemDetail {
  /** A better remedy than the table's. */
  readonly do?: string | undefined;
  readonly part?: 'key' | 'value';
}

/** Gathers every problem of a configuration; nothing here throws. */
export class ProblemList {
  readonly #problems: Problem[] = [];
  readonly #seen = new Set<string>();

  add(source: Source, path: Path, code: ProblemCode, message: string, detail: ProblemDetail = {}): void {
    const { line, column } = source.positionOf(path, detail.part);
    const identity = JSON.stringify([source.file, line, column, code, message]);
    // A problem in a set or a default, which many tokens share, is reported once.
    if (this.#seen.has(identity)) return;
    this.#seen.add(identity);
    const problem = {
      code,
      file: source.file,
      line,
      column,
      path: formatPath(path),
      at: path,
      message,
      do: detail.do ?? problemTable[code],
    };
    this.#problems.push(problem);
  }

  get size(): number {
    return this.#problems.length;
  }

  /** The entries of a section that have a problem, so far. */
  namesIn(section: string): ReadonlySet<string> {
    const found = this.#problems.filter((problem) => isAbout(problem, section));
    return new Set(found.map(({ at: [, name] }) => String(name)));
  }

  /** In the order of the files, then by position. */
  sorted(files: readonly string[]): Problem[] {
    const rank = new Map(files.map((file, index) => [file, index]));
    const fileRank = (problem: Problem): number => rank.get(problem.file) ?? -1;
    return this.#problems.toSorted((a, b) => fileRank(a) - fileRank(b) || a.line - b.line || a.column - b.column);
  }
}

/** `['tokens', 'a/b', 'sinks', 0]` → `tokens.a/b.sinks[0]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else text += `${text === '' ? '' : '.'}${printable(segment)}`;
  }
  return text;
}

/** Two lines for people: `tokens.yaml:41:7 path: message (Code)`, then what to do. */
export function formatProblem(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path === '' ? '' : ` ${problem.path}`;
  return `${place}${path}: ${problem.message} (${problem.code})\n  do: ${problem.do}`;
}

/** A configuration with problems; the message names all of them. */
export class ConfigProblems extends TokenError {
  constructor(readonly problems: readonly Problem[]) {
    super('ConfigInvalid', problems.map(formatProblem).join('\n'));
  }
}

/** A name from a file, made printable on one line: control characters replaced, cut at 80. */
export function printable(name: string): string {
  const clean = name.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?');
  return clean.length > 80 ? `${clean.slice(0, 79)}…` : clean;
}
