import type { PendingStep, TokenStatus } from '../../client/status.js';
import { credentialNoticeOf } from '../../core/credentials.js';
import { activityNames } from '../../core/names.js';
import type { Trouble } from '../../core/remedies.js';
import type { SinkRow } from '../../core/lifecycle/sink-rows.js';
import type { LeftSink, Pause } from '../../core/lifecycle/state.js';
import { deliverStepId, emptyStepId, retireStepId } from '../../core/lifecycle/step-ids.js';
import { clockTroubleOf } from './clock.js';
import { paintState } from './well.js';
import { keepsWords } from '../apply/left-sinks.js';
import type { Paint } from '../terminal/paint.js';
import { clockWords, spanWords, untilWords } from '../terminal/time-words.js';
import { plural, shortFingerprint } from '../terminal/words.js';
import { isByHand, isPausedAt } from '../../core/lifecycle/renewal.js';

const titleWidth = 16;

/** What `status` shows beside the status itself, and how. */
export interface StatusView {
  /** Unix ms. */
  readonly now: number;
  readonly paint: Paint;
  /** Of the token's workflow in the Web UI; null: not known. */
  readonly uiUrl: string | null;
  /** Of the keeper's own credential at the issuer, Unix ms; null: not known here. */
  readonly credentialExpiresAt: number | null;
  /** Of the terminal, whose own wrapping would cut conditions in two. */
  readonly columns?: number | undefined;
}

/** The output of `status` for people. */
export function statusLines(status: TokenStatus, view: StatusView): string[] {
  const { now, paint, uiUrl, credentialExpiresAt: expiresAt, columns = Infinity } = view;
  const credential = expiresAt === null ? null : credentialNoticeOf({ issuer: status.issuer, expiresAt }, now);
  return [
    `${paint.bold(status.key)}  ${paintState(paint, status.state)}${headline(status, now)}`,
    ...pauseLines(status, now),
    ...underWayLines(status, now),
    ...generationLines(status, now),
    ...verifiedLine(status, now),
    ...troubleLines('clock', clockTroubleOf(status)),
    ...doubtLines(status.doubt, now),
    ...sinkLines(status, now),
    ...status.left.map((left) => titled(left.sink.id, leftWords(status, left, now))),
    ...conditionLines(status, columns),
    ...doLines(status, now),
    ...troubleLines('credential', credential),
    ...(status.runbook === null ? [] : [titled('runbook', status.runbook)]),
    ...(uiUrl === null ? [] : [titled('web ui', uiUrl)]),
  ];
}

function titled(title: string, text: string): string {
  return `  ${title.padEnd(titleWidth - 2)}  ${text}`;
}

/** Why it is in this state. */
function headline(status: TokenStatus, now: number): string {
  const { state, pause, problem, closing, retryAt } = status;
  if (closing !== null) {
    const trouble = troubleWords(status, 'close', now);
    return `: ${closing.kind} by ${closing.actor}${trouble === null ? '' : `, which fails: ${trouble}`}`;
  }
  if (state === 'paused' && pause !== null) return `: ${pauseWords(pause, now)}`;
  if (problem !== null) return `: ${problem.message} (${problem.code})${nextTryWords(retryAt, now)}`;
  const ready = status.conditions.find(({ type }) => type === 'Ready');
  if ((state === 'expired' || state === 'needs-attention') && ready !== undefined) return `: ${ready.message}`;
  if (status.current !== null && status.acknowledged < status.total) {
    const behind = status.total - status.acknowledged;
    return `: ${behind} of ${plural(status.total, 'sink')} ${behind === 1 ? 'is' : 'are'} not on generation ${status.generation} yet`;
  }
  return '';
}

function pauseWords({ until, actor, reason }: Pause, now: number): string {
  return `${until === null ? 'until resumed' : `until ${clockWords(until, now)}`}, by ${actor}: ${reason}`;
}

/** A pause that something more serious hides, and may have caused; and steps that an operator of Temporal paused. */
function pauseLines({ state, pause, pending, workflowId }: TokenStatus, now: number): string[] {
  const wayOut = `to go on: temporal activity unpause --workflow-id ${workflowId} --activity-id`;
  const steps = pending.filter((step) => step.paused);
  const lines = steps.map(({ id, activity }) => titled('paused', `${activity} in Temporal; ${wayOut} ${id}`));
  return pause === null || state === 'paused' ? lines : [titled('paused', pauseWords(pause, now)), ...lines];
}

/** A refresh that is running: while a provider hangs, nothing else is known for the length of an attempt. */
function underWayLines({ pending }: TokenStatus, now: number): string[] {
  const step = pending.find(({ activity }) => activity === activityNames.refresh);
  if (step === undefined) return [];
  const { attempt, lastFailure, nextTryAt } = step;
  const failure = lastFailure === null ? '' : `: ${lastFailure.message} (${lastFailure.code ?? 'Internal'})`;
  return [titled('under way', `a new value, attempt ${attempt}${failure}${nextTryWords(nextTryAt, now)}`)];
}

function generationLines(status: TokenStatus, now: number): string[] {
  const { current } = status;
  if (current === null) return ['  no generation yet'];
  const renews = isByHand(status) ? 'manual' : renewWords(status, now);
  const expires =
    current.expiresAt === null
      ? 'unknown'
      : `${clockWords(current.expiresAt, now)} (${untilWords(current.expiresAt, now)})`;
  const titleOf = (generation: number, word: string): string => `gen ${generation} ${word}`;
  const longest = Math.max(...status.previous.map(({ generation }) => titleOf(generation, 'previous').length), 0);
  const title = (generation: number, word: string): string => titleOf(generation, word).padEnd(longest);
  return [
    titled(
      title(current.generation, 'current'),
      `fp ${shortFingerprint(current.fingerprint)}  expires ${expires}  renews ${renews}`,
    ),
    ...status.previous.map((previous) =>
      titled(
        title(previous.generation, 'previous'),
        `fp ${shortFingerprint(previous.fingerprint)}  ${endWords(status, previous, now)}`,
      ),
    ),
  ];
}

/** Why a job is left with its own error. */
function doubtLines(doubt: TokenStatus['doubt'], now: number): string[] {
  if (doubt === null) return [];
  const { times, until } = doubt;
  const why = `${plural(times, 'value')} in a row ${times === 1 ? 'was' : 'were'} replaced for one`;
  return [
    titled('reports', `of jobs not believed until ${clockWords(until, now)} (${untilWords(until, now)}): ${why}`),
  ];
}

function renewWords(status: TokenStatus, now: number): string {
  const { renewAt } = status;
  if (renewAt === null) return 'never';
  if (isPausedAt(status, renewAt)) return 'after the pause';
  return renewAt <= now ? 'now' : clockWords(renewAt, now);
}

function endWords(status: TokenStatus, previous: TokenStatus['previous'][number], now: number): string {
  const retires = previous.retires ?? status.retires;
  const verb = retires === 'revoke' ? 'revoke' : 'retire';
  const trouble = troubleWords(status, retireStepId(previous.generation), now);
  if (trouble !== null) return `${verb} fails: ${trouble}`;
  if (retires === 'expire') return expireWords(status, previous, now);
  if (isPausedAt(status, Math.max(previous.retireAt ?? now, now))) return `${verb} after the pause`;
  if (previous.retireAt !== null && previous.retireAt > now) return `${verb} at ${clockWords(previous.retireAt, now)}`;
  const late = Object.entries(status.sinks).filter(([, row]) => row.acknowledged < status.generation);
  const names = late.map(([id]) => id).join(', ');
  const end = previous.expiresAt === null ? '' : `, dies by itself at ${clockWords(previous.expiresAt, now)}`;
  return late.length === 0
    ? `${verb} due`
    : `${verb} held: ${names} ${late.length === 1 ? 'has' : 'have'} not acknowledged gen ${status.generation}${end}`;
}

/** No retirement time is shown: nothing happens to the value then. */
function expireWords(status: TokenStatus, { expiresAt }: TokenStatus['previous'][number], now: number): string {
  if (expiresAt !== null) return `left to expire at ${clockWords(expiresAt, now)}`;
  return isByHand(status) ? 'lives until a person ends it at the provider' : 'left to expire: when is not known';
}

/** Why a step is not done: Temporal's retries, or our slow ones after an error that is not transient. */
function troubleWords({ pending, stalled }: TokenStatus, id: string, now: number): string | null {
  const step = pending.find((one) => one.id === id);
  const failure = step?.lastFailure ?? stalled[id];
  if (failure === undefined) return null;
  const nextTryAt = step === undefined ? (stalled[id]?.retryAt ?? null) : step.nextTryAt;
  return `${failure.message} (${failure.code ?? 'Internal'})${timesWords(step)}${nextTryWords(nextTryAt, now)}`;
}

/** How often a step was tried, where more than once. */
const timesWords = (step: PendingStep | undefined): string =>
  step !== undefined && step.attempt > 1 ? ` ×${step.attempt}` : '';

function nextTryWords(at: number | null, now: number): string {
  return at !== null && at > now ? `, next try ${clockWords(at, now)}` : '';
}

function verifiedLine({ current, spec }: TokenStatus, now: number): string[] {
  if (current === null) return [];
  if (current.verifiedAt === null)
    return [titled('verified', 'not proven: the issuer has no way to ask, or was not asked')];
  const proven = [...Object.keys(spec.expect), ...(spec.scopes.length > 0 ? ['scopes'] : [])];
  const what = proven.length === 0 ? 'alive' : `${proven.join(', ')} as declared`;
  return [
    titled('verified', `${clockWords(current.verifiedAt, now)} ${current.verifiedBy ?? 'by the issuer'}: ${what}`),
  ];
}

/** Lines of sinks without the current generation. */
export function behindLines(status: TokenStatus, now: number): string[] {
  return sinkLines(status, now, ({ acknowledged }) => acknowledged < status.generation);
}

/** Lines of sinks; those with the same text share one. */
function sinkLines(status: TokenStatus, now: number, isShown: (row: SinkRow) => boolean = () => true): string[] {
  const groups = new Map<string, string[]>();
  for (const [id, row] of Object.entries(status.sinks)) {
    if (!isShown(row)) continue;
    const words = sinkWords(status, id, row, now);
    groups.set(words, [...(groups.get(words) ?? []), id]);
  }
  return [...groups].map(([words, ids]) => titled(ids.join(', '), words));
}

function sinkWords(status: TokenStatus, id: string, row: SinkRow, now: number): string {
  const generation = row.acknowledged === 0 ? 'nothing yet' : `gen ${row.acknowledged}`;
  const drift = row.drifted ? '  holds what is not ours' : '';
  if (row.error === null) {
    return `${generation}${row.acknowledged === 0 ? '' : `  ${acknowledgedWords(row)}`}${drift}`;
  }
  const lane = status.pending.find((step) => step.id === deliverStepId(id));
  const since = row.laggingSince === null ? '' : `, for ${spanWords(now - row.laggingSince)}`;
  // The lane keeps trying, while the row has the first attempt's error.
  const { code, message } = lane?.lastFailure ?? row.error;
  const next = nextTryWords(lane?.nextTryAt ?? null, now);
  return `${generation}  ${message} (${code ?? 'Internal'})${timesWords(lane)}${since}${next}${drift}`;
}

function leftWords(status: TokenStatus, left: LeftSink, now: number): string {
  const holds = `taken out, ${keepsWords(left)}`;
  if (left.emptying === null) return holds;
  const step = status.pending.find(({ id }) => id === emptyStepId(left));
  const failure = step?.lastFailure?.message ?? null;
  if (step === undefined || failure === null) return `${holds}  being emptied`;
  const next = nextTryWords(step.nextTryAt, now);
  return `${holds}  being emptied for ${spanWords(now - left.emptying.at)}: ${failure} ×${step.attempt}${next}`;
}

/** A sink that can't be read back is believed. */
const acknowledgedWords = ({ readBack }: SinkRow): string => (readBack === true ? 'read back' : 'acknowledged');

function conditionLines({ conditions }: TokenStatus, columns: number): string[] {
  const lines: string[] = [];
  for (const { type, status, reason } of conditions) {
    const isGood = type === 'RenewalOverdue' || type === 'Drifted' ? !status : status;
    const words = `${type}=${status ? 'True' : 'False'}${isGood ? '' : `(${reason})`}`;
    const last = lines.pop();
    if (last === undefined) lines.push(titled('conditions', words));
    else if (last.length + 1 + words.length <= columns) lines.push(`${last} ${words}`);
    else lines.push(last, titled('', words));
  }
  return lines;
}

/** Nothing where there is no trouble. */
function troubleLines(title: string, trouble: Trouble | null): string[] {
  return trouble === null ? [] : [titled(title, trouble.message), titled('', trouble.do)];
}

function doLines(status: TokenStatus, now: number): string[] {
  const todos = status.conditions.flatMap((condition) => (condition.do === null ? [] : [condition.do]));
  // Temporal retries the end of a token, of which its conditions know nothing.
  if (todos.length === 0 && status.closing?.kind === 'revoke' && troubleWords(status, 'close', now) !== null)
    todos.push(`mend that; where it cannot be, to give the revocation up: tokenkeeper forget ${status.key}`);
  return [...new Set(todos)].map((todo, index) => titled(index === 0 ? 'do' : '', todo));
}
