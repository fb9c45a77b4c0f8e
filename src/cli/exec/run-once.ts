import { setTimeout as sleep } from 'node:timers/promises';
import type { HeldToken } from '../../runtime.js';
import type { Session } from '../session.js';
import { cliSpans } from '../spans.js';
import { storedTokens } from '../stored-tokens.js';
import { startProgram, type Child } from './child.js';
import { readTokens, type TokenValues, type WantedToken } from './exec-tokens.js';
import type { HiddenSecrets } from './mask.js';
import { endAll } from './started.js';

/** @param secrets - get each value that is read, even where another token has none at the moment */
export async function lookOf(
  session: Session,
  wanted: readonly WantedToken[],
  secrets: HiddenSecrets | null,
): Promise<() => Promise<TokenValues>> {
  const tokens = await storedTokens(
    session,
    wanted.map(({ key }) => key),
  );
  const get = async (key: string): Promise<HeldToken> => {
    try {
      const held = await tokens.get(key);
      secrets?.add([held.value]);
      return held;
    } catch (error) {
      session.key = key;
      throw error;
    }
  };
  return () => readTokens({ get }, wanted);
}

/** What is done when a token got a new value. */
export interface RenewalOptions {
  readonly onRenewal: 'ignore' | 'restart' | 'signal';
  readonly signal: NodeJS.Signals;
}

/** How a program is run. */
export interface RunOptions extends RenewalOptions {
  /** null: nothing is masked. */
  readonly secrets: HiddenSecrets | null;
  /** Reads the current values. */
  readonly look: () => Promise<TokenValues>;
}

/** Runs the program until it ends. @returns its exit code, or new values to restart it with */
export async function runOnce(
  session: Session,
  [program = '', ...args]: readonly string[],
  values: TokenValues,
  options: RunOptions,
): Promise<number | TokenValues> {
  const { io } = session;
  const { secrets } = options;
  const child = startProgram(io, { program, args, env: { ...io.env, ...values.values }, secrets });
  let isToEnd = false;
  const releaseSignals = io.takeSignals((signal) => {
    isToEnd ||= signal === 'SIGINT' || signal === 'SIGTERM';
    // Ctrl-C reaches the program directly, whatever its stdin is.
    if (child.hasExited() || signal !== 'SIGINT' || !io.sharesKeys()) child.signal(signal);
  });
  const over = new AbortController();
  try {
    const isWatched = options.onRenewal !== 'ignore' || secrets !== null;
    const renewed = isWatched ? watch(values, child, options, over.signal) : null;
    const first = await Promise.race([child.ended, ...(renewed === null ? [] : [renewed])]);
    if (typeof first === 'number') return first;
    const { isAsked, exitCode } = await stopProgram(child);
    // If it was asked to end meanwhile, or ended by itself, it is not restarted.
    return isToEnd || !isAsked ? exitCode : first;
  } finally {
    over.abort();
    releaseSignals();
  }
}

/** Watches for new values: `signal` signals the program at each, `restart` returns at the first with its values, `ignore` only masks them. */
async function watch(
  values: TokenValues,
  child: Child,
  { onRenewal, signal, look }: RunOptions,
  over: AbortSignal,
): Promise<TokenValues> {
  let known = values.version;
  for (;;) {
    await sleep(cliSpans.renewalLookMs, undefined, { signal: over }).catch(() => {});
    if (over.aborted) return values;
    // A vault that is down for a moment is no reason to touch the program.
    const seen = await look().catch(() => null);
    if (seen === null || seen.version === known) continue;
    known = seen.version;
    // It has ended by itself; a signal would end the wait for what it left running.
    if (child.hasExited()) continue;
    if (onRenewal === 'restart') return seen;
    if (onRenewal === 'signal') child.signal(signal);
  }
}

/**
 * What it started ends with it: a shell, or npm, hands no signal on, and a server of theirs would go on with the old value, in the way of
 * the next one.
 * @returns whether its end was asked for by us, too: not where it cannot be signalled, or ended meanwhile
 */
async function stopProgram(child: Child): Promise<{ readonly isAsked: boolean; readonly exitCode: number }> {
  // Looked for first: what outlives its parent has another one then.
  const started = await child.started();
  const isAsked = !child.hasExited() && child.signal('SIGTERM');
  const until = performance.now() + cliSpans.stopProgramMs;
  const timer = setTimeout(() => child.signal('SIGKILL'), cliSpans.stopProgramMs);
  const left = isAsked ? child.exited.then(() => endAll(started, until - performance.now())) : null;
  const [exitCode] = await Promise.all([child.ended, left]);
  clearTimeout(timer);
  return { isAsked, exitCode };
}
