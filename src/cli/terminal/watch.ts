import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../../core/errors.js';
import { linesOf } from '../report.js';
import { isScreen } from './paint.js';
import { safeLine } from './safe-text.js';
import type { Session } from '../session.js';
import { cliSpans } from '../spans.js';

/**
 * Prints lines; with `watch` again and again until Ctrl-C or until the reader has gone, in place on a terminal, elsewhere only when they
 * changed. A Temporal or a worker that is away once something was shown is told, on stderr where there is no terminal, and waited for.
 */
export async function show(session: Session, watch: boolean, look: () => Promise<readonly string[]>): Promise<void> {
  if (!watch) return session.print(...(await look()));
  session.handlesStop = true;
  const { stdout, stderr, env, stop } = session.io;
  const gone = new AbortController();
  stdout.once('error', () => gone.abort());
  const over = AbortSignal.any([stop, gone.signal]);
  let before: Seen | null = null;
  while (!over.aborted) {
    const seen: Seen = await lookAgain(look, before, session.key);
    if (isScreen(stdout, env)) {
      stdout.write(`\u001b[2J\u001b[H${seen.text}\n${seen.trouble === '' ? '' : `\n${seen.trouble}\n`}`);
    } else {
      if (seen.text !== before?.text) session.print(...seen.lines, '');
      if (seen.trouble !== (before?.trouble ?? '')) stderr.write(`${seen.trouble || 'tokenkeeper: there again'}\n`);
    }
    before = seen;
    await sleep(cliSpans.watchMs, undefined, { signal: over }).catch(() => {});
  }
}

interface Seen {
  readonly lines: readonly string[];
  /** The same, safe to show. */
  readonly text: string;
  /** Why this is not news; empty: it is. */
  readonly trouble: string;
}

async function lookAgain(
  look: () => Promise<readonly string[]>,
  before: Seen | null,
  key: string | null,
): Promise<Seen> {
  try {
    const lines = await look();
    return { lines, text: textOf(lines), trouble: '' };
  } catch (error) {
    if (before === null || !hasCode(error, 'ServerUnavailable')) throw error;
    return { ...before, trouble: textOf(linesOf(error, key)) };
  }
}

const textOf = (lines: readonly string[]): string => lines.map(safeLine).join('\n');

/** A document as lines, since `print` replaces newlines within one. */
export function jsonLines(value: unknown): string[] {
  return JSON.stringify(value, null, 2).split('\n');
}
