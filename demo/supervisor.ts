import { setTimeout as sleep } from 'node:timers/promises';
import { startChild, type Child, type StartChildOptions } from '../src/server/child.js';

const restartAfterMs = 500;
const stopLimitMs = 45_000;

/** A program that is restarted whenever it ends. */
export interface Supervised {
  /** Of the present run. */
  readonly pid: number;
  readonly starts: number;
  /** kill -9. False between two runs, when there is nothing to kill. */
  kill(): boolean;
  stop(): Promise<void>;
}

/** Starts a Node program and keeps it running. @param onRestart - called with how the last run ended */
export async function supervise(
  script: string,
  options: StartChildOptions,
  onRestart: (ended: string) => void,
): Promise<Supervised> {
  let stopping = false;
  let starts = 1;
  const args = [script, ...options.args];
  const start = (): Promise<Child> => startChild(process.execPath, { ...options, args });
  let child = await start();
  const watching = (async () => {
    let ended = await child.ended;
    while (!stopping) {
      onRestart(ended);
      await sleep(restartAfterMs);
      if (stopping) return;
      try {
        child = await start();
      } catch (error) {
        // Such as a log on a full disk: there may be space again at the next try.
        ended = error instanceof Error ? error.message : String(error);
        continue;
      }
      starts++;
      // `stop` was called while it was starting, and only stopped the previous run.
      if (stopping) return child.stop(stopLimitMs);
      ended = await child.ended;
    }
  })();
  return {
    get pid() {
      return child.pid;
    },
    get starts() {
      return starts;
    },
    kill: () => child.kill(),
    async stop() {
      stopping = true;
      await child.stop(stopLimitMs);
      await watching;
    },
  };
}
