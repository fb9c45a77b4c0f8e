import { plural, someOf } from '../words.js';
import { spanWords } from '../time-words.js';
import { bad, good, type Finding } from './finding.js';

/** Who asked a task queue for work, as Temporal has it. */
export interface Poller {
  readonly identity: string;
  /** When it asked last, in Unix ms. */
  readonly askedAt: number;
  /** Worker Versioning: which version it is of, as `versionName` writes it; null without. */
  readonly version: string | null;
}

/** A task queue, for one kind of tasks. */
export interface QueueView {
  readonly pollers: readonly Poller[];
  /** Worker Versioning: who gets what no version has yet; null: workers without a version. */
  readonly current: string | null;
}

/** A worker asks again after a minute at most; Temporal goes on to name one that has ended for five. */
const goneAfterMs = 120_000;

/** A version as it is told. */
export const versionName = (deploymentName: string, buildId: string): string => `${deploymentName} ${buildId}`;

/** Whether a worker of ours takes the workflows of a task queue and does their activities. */
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

/** Who was the last one; nothing where Temporal remembers none. */
function lastWords({ pollers }: QueueView, now: number): string {
  const [last] = pollers.toSorted((one, other) => other.askedAt - one.askedAt);
  return last === undefined ? '' : `; ${last.identity} was seen last, ${spanWords(now - last.askedAt)} ago`;
}
