import { awaitsDecision, isByHand, isPausedAt } from './renewal.js';
import { conditionsOf } from './conditions.js';
import { headlineOf } from './headline.js';
import { isoOf } from '../instants.js';
import { leftOf } from './left.js';
import type { CurrentGeneration, LifecycleState, PreviousGeneration } from './state.js';
import { endingOf } from './retirement.js';
import { acknowledgedOf, generationOf, lagging } from './served.js';

/** A fan-out may have hundreds of sinks; those that lag come first. */
const sinksShown = 20;

/**
 * Escapes Markdown and puts the text on one line: a second line could read as a heading or as another remedy. The Web UI turns `--` into a
 * dash and `2/3` into a fraction, so commands and options are set as code, to be copied.
 */
function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replace(/(?<=^|: )tokenkeeper .+$|(?<=\s)--[a-z-]+|[\\`*_[\]<>]/g, (found) =>
      found.length > 1 ? `\`${found}\`` : `\\${found}`,
    );
}

/** An address as the target of a link, which it must not end: what follows could be an image, which is loaded from anywhere. */
const linked = (url: string): string =>
  url.replaceAll(/[\s()<>\\]/g, (found) => `%${found.charCodeAt(0).toString(16).padStart(2, '0')}`);

const list = (rows: readonly string[]): string => rows.map((row) => `- ${row}`).join('\n');

/** What to do, set off from the rest. */
function remediesOf(state: LifecycleState, now: number): string[] {
  const remedies = conditionsOf(state, now).flatMap((condition) => condition.do ?? []);
  return [...new Set(remedies)].map((remedy) => `> **Do:** ${plain(remedy)}`);
}

function troublesOf({ problem, pause, stalled, closing }: LifecycleState): string[] {
  const rows = Object.entries(stalled).map(
    ([id, { code, message, retryAt }]) => `**${code}** ${id}: ${plain(message)}; next try ${isoOf(retryAt)}`,
  );
  if (problem !== null) rows.unshift(`**${problem.code}** at ${isoOf(problem.at)}: ${plain(problem.message)}`);
  if (pause !== null) {
    const until = pause.until === null ? 'until it is resumed' : `until ${isoOf(pause.until)}`;
    rows.push(`**Paused** ${until} by ${plain(pause.actor)}: ${plain(pause.reason)}`);
  }
  if (closing !== null) rows.push(`**Closing** (${closing.kind}) by ${plain(closing.actor)}: ${plain(closing.reason)}`);
  return rows;
}

function renewWords(state: LifecycleState, renewAt: number | null): string {
  if (isByHand(state)) return 'by hand';
  if (awaitsDecision(state)) return 'once a person has decided';
  return renewAt !== null && isPausedAt(state, renewAt) ? 'after the pause' : isoOf(renewAt);
}

function currentRows(state: LifecycleState, current: CurrentGeneration): string[] {
  const { generation, fingerprint, issuedAt, expiresAt, renewAt, verifiedAt, verifiedBy } = current;
  const rows = [
    `**Generation ${generation}** issued ${isoOf(issuedAt)}, fingerprint \`${fingerprint}\``,
    `**Expires** ${expiresAt === null ? 'unknown' : isoOf(expiresAt)}, **renews** ${renewWords(state, renewAt)}`,
  ];
  if (verifiedAt !== null) rows.push(`**Verified** ${isoOf(verifiedAt)}, ${plain(verifiedBy ?? 'by the issuer')}`);
  return rows;
}

function endOf(state: LifecycleState, old: PreviousGeneration): string {
  const { retireAt, expiresAt } = old;
  if (endingOf(state, old) !== 'revoke')
    return expiresAt === null ? 'is left to expire' : `dies at ${isoOf(expiresAt)}`;
  if (retireAt === null) return 'is held: a sink still has it';
  return isPausedAt(state, retireAt) ? 'is revoked after the pause' : `is revoked at ${isoOf(retireAt)}`;
}

function sinkRows(state: LifecycleState): string[] {
  const late = new Set(lagging(state));
  const rows = Object.entries(state.sinks)
    .toSorted(([a], [b]) => Number(late.has(b)) - Number(late.has(a)))
    .map(([id, { acknowledged, error }]) => {
      const has = acknowledged === 0 ? 'nothing yet' : `generation ${acknowledged}`;
      return `${late.has(id) ? `**${id}**` : id}: ${has}${error === null ? '' : `, **${error.code}** ${plain(error.message)}`}`;
    });
  const left = leftOf(state).map(({ sink, generation, emptying }) => {
    const holds = generation === 0 ? 'may keep a value' : `keeps generation ${generation}`;
    return `${sink.id}: taken out, ${holds}${emptying === null ? '' : `, **is being emptied** since ${isoOf(emptying.at)}`}`;
  });
  const shown =
    rows.length > sinksShown ? [...rows.slice(0, sinksShown), `and ${rows.length - sinksShown} more`] : rows;
  return [...shown, ...left];
}

/**
 * The markdown card that the Temporal Web UI shows as a workflow's current details: first what is wrong and what to do, then the facts.
 * Lists, not tables: the pane is narrow and its cells have no padding.
 * @param now - of the last workflow task, in Unix ms: the card stays as it is until the next one, and says so
 */
export function cardOf(state: LifecycleState, now: number): string {
  const { spec, current } = state;
  const runbook = spec.runbook === null ? '' : `, [runbook](${linked(spec.runbook)})`;
  return [
    `### ${spec.key}: ${headlineOf(state, now)}`,
    ...remediesOf(state, now),
    list([
      ...troublesOf(state),
      ...(current === null ? ['No value yet'] : currentRows(state, current)),
      ...state.previous.map((old) => `Generation ${old.generation} ${endOf(state, old)}`),
    ]),
    `**Sinks:** ${acknowledgedOf(state)} of ${Object.keys(state.sinks).length} on generation ${generationOf(state)}`,
    list(sinkRows(state)),
    `Owner ${plain(spec.owner ?? 'nobody')}, issuer ${spec.issuer}, vault ${spec.vault}${runbook}. As of ${isoOf(now)}.`,
  ].join('\n\n');
}
