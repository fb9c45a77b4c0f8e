import { plural, someOf } from '../terminal/words.js';
import { spanWords } from '../terminal/time-words.js';
import { bad, good, type Finding } from './finding.js';

/** A worker that polled a task queue, according to Temporal. */
export interface Poller {
  readonly identity: string;
  /** When it last polled, in Unix ms. */
  readonly askedAt: number;
  /** Worker Versioning: its version, as `versionName` writes it; null without. */
  readonly version: string | null;
}

/** A task queue, for one kind of tasks. */
export interface QueueView {
  readonly pollers: readonly Poller[];
  /** Worker Versioning: the version that gets new workflows; null: workers without a version. */
  readonly current: string | null;
}

/** A worker polls at least once a minute; Temporal lists one that has ended for five. */
const goneAfterMs = 120_000;

/** Whether a worker of ours runs the workflows and the activities of a task queue. */
export function workersFinding(
  taskQueue: string,
  { workflows, activities }: { readonly workflows: QueueView; readonly activities: QueueView },
  now: number,
): Finding {
  const start = 'start one: tokenkeeper worker, or tokenkeeper up';
  const isThere = ({ askedAt }: Poller): boolean => now - askedAt < goneAfterMs;
  const workers = workflows.pollers.filter(isThere);
  if (workers.length === 0)
    return bad('worker', `nobody works on task queue ${taskQueue}${lastWords(workflows, now)}`, start);
  if (!activities.pollers.some(isThere))
    return bad('worker', `nobody does the activities of task queue ${taskQueue}${lastWords(activities, now)}`, start);
  const names = someOf(workers.map(({ identity }) => identity));
  const { current } = workflows;
  if (workers.some(({ version }) => version === current))
    return good('worker', `${plural(workers.length, 'worker')} on task queue ${taskQueue}: ${names}`);
  return bad(
    'worker',
    `task queue ${taskQueue} gives new work to workers ${current === null ? 'without a version' : `of version ${current}`}, and none is there: ${names}`,
    'start one of it, or make the version of those current: temporal worker deployment set-current-version',
  );
}

/** Which worker polled last; empty where Temporal knows none. */
function lastWords({ pollers }: QueueView, now: number): string {
  const [last] = pollers.toSorted((one, other) => other.askedAt - one.askedAt);
  return last === undefined ? '' : `; ${last.identity} was seen last, ${spanWords(now - last.askedAt)} ago`;
}
