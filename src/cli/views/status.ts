import type { TokenStatus } from '../../client/status.js';
import { credentialNoticeOf } from '../../core/credentials.js';
import { activityNames } from '../../core/names.js';
import type { Trouble } from '../../core/remedies.js';
import type { Pause } from '../../core/lifecycle/state.js';
import { clockTroubleOf } from './clock.js';
import { paintState } from './well.js';
import type { Paint } from '../terminal/paint.js';
import { clockWords, untilWords } from '../terminal/time-words.js';
import { plural } from '../terminal/words.js';
import { generationLines, verifiedLine } from './status-generations.js';
import { leftWords, sinkLines } from './status-sinks.js';
import { nextTryWords, titled, troubleWords } from './status-words.js';

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

/** Why a job is left with its own error. */
function doubtLines(doubt: TokenStatus['doubt'], now: number): string[] {
  if (doubt === null) return [];
  const { times, until } = doubt;
  const why = `${plural(times, 'value')} in a row ${times === 1 ? 'was' : 'were'} replaced for one`;
  return [
    titled('reports', `of jobs not believed until ${clockWords(until, now)} (${untilWords(until, now)}): ${why}`),
  ];
}

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
