import { plural, someOf } from '../words.js';
import { spanWords } from '../time-words.js';
import { bad, good, type Finding } from './finding.js';

/** Who asked a task queue for work, as Temporal has it. */
export interface Poller {
  readonly identity: string;
  /** When it asked last, in Unix ms. */
  readonly askedAt: number;
}

/** A worker asks again after a minute at most; Temporal goes on to name one that has ended for five. */
const goneAfterMs = 120_000;

/**
 * Whether a worker of ours takes the workflows of a task queue and does their activities.
 * @param pollers - who asked for each
 */
export function workersFinding(
  taskQueue: string,
  pollers: { readonly workflows: readonly Poller[]; readonly activities: readonly Poller[] },
  now: number,
): Finding {
  const start = 'start one: tokenkeeper worker, or tokenkeeper up';
  const isThere = ({ askedAt }: Poller): boolean => now - askedAt < goneAfterMs;
  const workers = pollers.workflows.filter(isThere);
  if (workers.length === 0)
    return bad('worker', `nobody works on task queue ${taskQueue}${lastWords(pollers.workflows, now)}`, start);
  if (!pollers.activities.some(isThere))
    return bad(
      'worker',
      `nobody does the activities of task queue ${taskQueue}${lastWords(pollers.activities, now)}`,
      start,
    );
  const names = workers.map(({ identity }) => identity);
  return good('worker', `${plural(names.length, 'worker')} on task queue ${taskQueue}: ${someOf(names)}`);
}

/** Who was the last one; nothing where Temporal remembers none. */
function lastWords(pollers: readonly Poller[], now: number): string {
  const [last] = pollers.toSorted((one, other) => other.askedAt - one.askedAt);
  return last === undefined ? '' : `; ${last.identity} was seen last, ${spanWords(now - last.askedAt)} ago`;
}
