import { setTimeout as sleep } from 'node:timers/promises';
import { TokenError } from '../../src/core/errors.js';
import type { Child } from '../../src/server/child.js';

export interface UntilReadyOptions {
  /** The program's name in messages. */
  readonly title: string;
  readonly logFile: string;
  readonly limitMs: number;
  /** Whether it can be used now. */
  readonly isReady: () => Promise<boolean>;
}

const stopLimitMs = 30_000;

/** Returns a program once it can be used; stops it if that does not happen. @throws TokenError `ServerUnavailable`, naming the log file */
export async function untilReady(child: Child, options: UntilReadyOptions): Promise<Child> {
  let ended: string | null = null;
  void child.ended.then((how) => (ended = how));
  const deadline = Date.now() + options.limitMs;
  while (!(await options.isReady())) {
    if (ended !== null || Date.now() > deadline) {
      await child.stop(stopLimitMs);
      const why = ended ?? `it did not answer within ${options.limitMs} ms`;
      throw new TokenError('ServerUnavailable', `${options.title} did not start: ${why}`, {
        do: `read ${options.logFile}`,
      });
    }
    await sleep(100);
  }
  return child;
}
