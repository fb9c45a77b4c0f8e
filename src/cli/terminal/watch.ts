import { setTimeout as sleep } from 'node:timers/promises';
import { isScreen } from './paint.js';
import { safeLine } from './safe-text.js';
import type { Session } from '../session.js';
import { cliSpans } from '../spans.js';

/** Prints lines; with `watch` again and again until Ctrl-C or until the reader has gone, in place on a terminal, elsewhere only when they changed. */
export async function show(session: Session, watch: boolean, look: () => Promise<readonly string[]>): Promise<void> {
  if (!watch) return session.print(...(await look()));
  session.handlesStop = true;
  const { stdout, env, stop } = session.io;
  const gone = new AbortController();
  stdout.once('error', () => gone.abort());
  const over = AbortSignal.any([stop, gone.signal]);
  let before = '';
  while (!over.aborted) {
    const lines = await look();
    const text = lines.map(safeLine).join('\n');
    if (isScreen(stdout, env)) stdout.write(`\u001b[2J\u001b[H${text}\n`);
    else if (text !== before) session.print(...lines, '');
    before = text;
    await sleep(cliSpans.watchMs, undefined, { signal: over }).catch(() => {});
  }
}

/** A document as lines, since `print` replaces newlines within one. */
export function jsonLines(value: unknown): string[] {
  return JSON.stringify(value, null, 2).split('\n');
}
