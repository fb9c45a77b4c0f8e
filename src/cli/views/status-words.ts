import type { PendingStep, TokenStatus } from '../../client/status.js';
import { clockWords } from '../terminal/time-words.js';

const titleWidth = 16;

/** A line of `status`: its title, then its words. */
export function titled(title: string, text: string): string {
  return `  ${title.padEnd(titleWidth - 2)}  ${text}`;
}

/** Why a step is not done: Temporal's retries, or our slow ones after an error that is not transient. */
export function troubleWords({ pending, stalled }: TokenStatus, id: string, now: number): string | null {
  const step = pending.find((one) => one.id === id);
  const failure = step?.lastFailure ?? stalled[id];
  if (failure === undefined) return null;
  const nextTryAt = step === undefined ? (stalled[id]?.retryAt ?? null) : step.nextTryAt;
  return `${failure.message} (${failure.code ?? 'Internal'})${timesWords(step)}${nextTryWords(nextTryAt, now)}`;
}

/** How often a step was tried, where more than once. */
export const timesWords = (step: PendingStep | undefined): string =>
  step !== undefined && step.attempt > 1 ? ` ×${step.attempt}` : '';

/** When a step is tried next. @param at - Unix ms; null: not known */
export function nextTryWords(at: number | null, now: number): string {
  return at !== null && at > now ? `, next try ${clockWords(at, now)}` : '';
}
