import { TokenError } from '../../core/errors.js';
import { namedRemedy } from '../../core/remedies.js';
import { eachOf } from '../requests/concurrently.js';
import { exitCodes } from '../exit-codes.js';
import { readStdin } from '../terminal/read-bytes.js';
import { errorWords, Failure, wrongUsage } from '../report.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/words.js';
import { deliverImported, keepIt, type ImportOutcome } from './deliver.js';
import { entriesOf, readMapping } from './entries.js';
import { judge, type ImportRow } from './judge.js';
import type { NamedToken } from './named-tokens.js';
import { storeValue } from './store-value.js';
import { readText } from './read-text.js';
import { formOf, readValues, type ValueForm } from './read-values.js';
import { importJson, importLines } from './view.js';

/** Options of `import --from`. */
export interface ImportSetOptions {
  /** `-` is stdin. */
  readonly from: string;
  readonly token?: readonly NamedToken[];
  readonly map?: string;
  readonly format?: ValueForm;
  readonly replace?: true;
  readonly dryRun?: true;
  readonly reason?: string;
  readonly output: string;
}

const maxBytes = 4_194_304;

/**
 * Imports many tokens: all are checked before the first is written. Values already in the vault are not written again, so an interrupted
 * import can simply be repeated.
 * @returns the exit code
 */
export async function importSet(session: Session, options: ImportSetOptions): Promise<number> {
  const rows = await judgeSet(session, options);
  const refused = rows.filter(({ action }) => action === 'refused').length;
  const asTable = options.output === 'table';
  if (asTable) session.print(...importLines(rows, session.paint, Date.now()));
  if (refused > 0 || options.dryRun === true) {
    if (asTable) session.print(refused > 0 ? 'Nothing was imported: all or none.' : 'Nothing was imported: --dry-run.');
    else session.printJson(importJson(rows, new Map()));
    return refused > 0 ? exitCodes.failed : exitCodes.ok;
  }
  const outcomes = new Map<string, ImportOutcome>();
  const broken = await storeAll(rows, options.reason, outcomes);
  await deliverAll(session, rows, options.reason, outcomes);
  if (asTable) session.print(...sumLines(rows, outcomes));
  else session.printJson(importJson(rows, outcomes));
  if (broken !== null) throw brokenOff(rows, outcomes, broken);
  const undelivered = [...outcomes].flatMap(([key, { error }]) => (error === null ? [] : [{ key, error }]));
  for (const { key, error } of undelivered)
    session.warn(`${key}: ${errorWords(error)}\ndo: ${namedRemedy(error.do, key)}`);
  return undelivered.length > 0 ? exitCodes.failed : exitCodes.ok;
}

async function judgeSet(session: Session, options: ImportSetOptions): Promise<ImportRow[]> {
  const { from, format = formOf(from), token = [], map, replace } = options;
  const named = [...token, ...(map === undefined ? [] : readMapping(map, await readText(map, maxBytes, session.io)))];
  const found = readValues(
    from === '-' ? 'stdin' : from,
    from === '-' ? await readPipe(session) : await readText(from, maxBytes, session.io),
    format,
  );
  const { entries, ignored } = entriesOf(found, named, format);
  if (entries.length === 0)
    throw wrongUsage(`${from} holds no value`, 'see that it is the right file, and its --format');
  if (ignored > 0) session.warn(`${plural(ignored, 'other name')} of the file left alone`);
  // One after the other: all open the same few vaults, and the table keeps the file's order.
  const rows: ImportRow[] = [];
  for (const entry of entries) rows.push(await judge(session, entry, replace === true));
  return rows;
}

/** @returns the error that stopped it; null: none */
async function storeAll(
  rows: readonly ImportRow[],
  reason: string | undefined,
  outcomes: Map<string, ImportOutcome>,
): Promise<TokenError | null> {
  for (const { key, action, before, expiresAt, work } of rows) {
    try {
      if (work !== null && action !== 'same')
        await storeValue(work.place, { secret: work.secret, expiresAt, reason, after: before });
      outcomes.set(key, { sinks: null, error: null });
    } catch (error) {
      if (error instanceof TokenError) return error;
      throw error;
    }
  }
  return null;
}

/** Includes values that were there already: an earlier import may have stopped between the vault and the sinks. */
async function deliverAll(
  session: Session,
  rows: readonly ImportRow[],
  reason: string | undefined,
  outcomes: Map<string, ImportOutcome>,
): Promise<void> {
  const stored = rows.flatMap(({ key, work, generation }) =>
    work !== null && outcomes.has(key) ? [{ key, work, generation }] : [],
  );
  await eachOf(stored, async ({ key, generation, work: { place, isKept } }) => {
    try {
      const sinks = await deliverImported(session, key, { vaultId: place.vault.id, isKept, generation }, reason);
      outcomes.set(key, { sinks, error: null });
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      outcomes.set(key, { sinks: null, error });
    }
  });
}

function sumLines(rows: readonly ImportRow[], outcomes: ReadonlyMap<string, ImportOutcome>): string[] {
  const stored = rows.filter(({ key }) => outcomes.has(key));
  const same = stored.filter(({ action }) => action === 'same').length;
  const kept = [...outcomes.values()].flatMap((outcome) => (outcome.sinks !== null ? [outcome.sinks] : []));
  const whole = kept.filter(({ acknowledged, total }) => acknowledged === total).length;
  const sum = `${plural(stored.length, 'token')}: ${stored.length - same} imported, ${same} there already, ${whole} delivered`;
  // A token that could not be reached is not counted here: it is reported as an error.
  const unkept = [...outcomes.values()].filter(({ sinks, error }) => sinks === null && error === null).length;
  return unkept === 0 ? [sum] : [sum, `${unkept} kept by nothing yet; next: ${keepIt}`];
}

/** The failure, naming what was done and what was not. */
function brokenOff(
  rows: readonly ImportRow[],
  outcomes: ReadonlyMap<string, ImportOutcome>,
  error: TokenError,
): Failure {
  const left = rows.filter(({ key }) => !outcomes.has(key)).map(({ key }) => key);
  const done = [...outcomes.keys()].join(', ') || 'none';
  return new Failure(
    exitCodes.failed,
    `${left[0] ?? ''}: ${errorWords(error)}; imported: ${done}; not imported: ${left.join(', ')}`,
    `${namedRemedy(error.do, left[0] ?? '')}; then run the same again: what is there already stays`,
  );
}

function readPipe(session: Session): Promise<string> {
  if (session.io.stdin.isTTY === true)
    throw wrongUsage('nothing comes on stdin', 'PROGRAM | tokenkeeper import --from -');
  return readStdin(session.io, maxBytes);
}
