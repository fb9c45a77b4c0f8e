import { describeNamespace } from '../../client/describe-namespace.js';
import { versionName } from '../../client/no-worker.js';
import { serverErrorOf } from '../../client/server-errors.js';
import type { Connected } from '../../connect.js';
import { TokenError } from '../../core/errors.js';
import { missingSearchAttributes } from '../../server/search-attributes.js';
import type { Session } from '../session.js';
import { attempt, good, warning, type Attempted, type Finding } from './finding.js';
import { workersFinding, type QueueView } from './pollers.js';

/** @returns whether tokens can be queried: a server and a worker are there */
export async function* examineServer(session: Session): AsyncGenerator<Finding, boolean> {
  const connected = await attempt('Temporal', () => session.connected());
  if (!connected.ok) {
    yield connected.finding;
    return false;
  }
  const { connection, namespace, address } = connected.value;
  const known = await attemptAtServer('Temporal', () => describeNamespace(connection, namespace));
  if (known.ok) yield good('Temporal', `${address}, namespace ${namespace}`);
  // A user who may not look at the namespace may still use what is in it.
  else if (known.code === 'ServerRefused') yield { ...known.finding, level: 'warning' };
  else {
    yield known.finding;
    return false;
  }
  const missing = await attemptAtServer('search attributes', () => missingSearchAttributes(connection, namespace));
  if (!missing.ok) yield { ...missing.finding, level: 'warning' };
  else if (missing.value.size === 0) yield good('search attributes', 'all there');
  else
    yield warning(
      'search attributes',
      `missing: ${[...missing.value.keys()].join(', ')}`,
      'tokenkeeper apply makes them where it may; on Temporal Cloud use its CLI',
    );
  const worker = await examineWorkers(session, connected.value);
  yield worker;
  return worker.level === 'good';
}

async function examineWorkers({ taskQueue }: Session, { connection, namespace }: Connected): Promise<Finding> {
  const view = async (taskQueueType: 1 | 2): Promise<QueueView> => {
    const queue = { namespace, taskQueue: { name: taskQueue }, taskQueueType };
    const { pollers, versioningInfo } = await connection.workflowService.describeTaskQueue(queue);
    return {
      current: versionOf(versioningInfo?.currentDeploymentVersion),
      pollers: (pollers ?? []).map(({ identity, lastAccessTime, deploymentOptions }) => ({
        identity: identity ?? '',
        askedAt: Number(lastAccessTime?.seconds ?? 0) * 1_000,
        version: deploymentOptions?.workerVersioningMode === versioned ? versionOf(deploymentOptions) : null,
      })),
    };
  };
  const found = await attemptAtServer('worker', () => Promise.all([view(workflowTasks), view(activityTasks)]));
  if (!found.ok) return found.finding;
  const [workflows, activities] = found.value;
  return workersFinding(taskQueue, { workflows, activities }, Date.now());
}

/** Values of Temporal's enum TaskQueueType. */
const workflowTasks = 1;
const activityTasks = 2;
/** Value of Temporal's enum WorkerVersioningMode. */
const versioned = 2;

/** The name of a version from Temporal; null: none. */
function versionOf(
  version: { readonly deploymentName?: string | null; readonly buildId?: string | null } | null | undefined,
): string | null {
  return version?.buildId ? versionName(version.deploymentName ?? '', version.buildId) : null;
}

/** Asks a Temporal that was reached; an unknown error of its own may say anything, so it is replaced. */
function attemptAtServer<T>(what: string, question: () => Promise<T>): Promise<Attempted<T>> {
  return attempt(what, () =>
    question().catch((error: unknown) => {
      const known = serverErrorOf(error);
      throw known instanceof TokenError
        ? known
        : new TokenError('ServerUnavailable', 'Temporal does not answer this question');
    }),
  );
}
