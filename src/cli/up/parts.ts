import { join } from 'node:path';
import { waitAtMost } from '../../common/awaiting.js';
import type { Loaded } from '../../config/load.js';
import { formatProblem, type Problem } from '../../config/problems.js';
import { TokenError } from '../../core/errors.js';
import type { WorkerHostOptions } from '../../worker.js';
import type { Session } from '../session.js';
import { cliSpans } from '../spans.js';
import { logFile } from './log-file.js';
import { ownRuntime } from '../own-runtime.js';
import { announceServer, serverOf } from '../running-server.js';
import { endOfWorker } from './worker-end.js';

/** Creates missing vaults that this host can create. */
export async function initVaults(session: Session): Promise<void> {
  const { initVault, localVaults } = await import('../local-vaults.js');
  for (const name of localVaults((await session.soundConfig()).config)) {
    const { created, path } = await initVault(session, name);
    session.print(`${session.paint.green('✓')} vault ${name}${created ? ' made' : ''}  ${path}`);
  }
}

/** A part of `up`; `ended` resolves with an error when it has ended by itself. */
export interface Part {
  readonly ended: Promise<unknown>;
}

/** The result of `work`. Where it fails, why a part has ended is worth more than that something missed it. */
export async function explained<T>({ ended }: Part, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    // A connection is refused a moment before the end of its process is known.
    const why = await waitAtMost(ended, cliSpans.endKnownMs);
    throw why === 'late' ? error : (why ?? error);
  }
}

/** Exactly these ports; undefined: the first free ones. */
interface Ports {
  readonly port?: number;
  readonly uiPort?: number;
}

const logsIn = (stateDir: string): string => `read the logs in ${stateDir}`;

/** Starts Temporal, and lets other commands find it; it is stopped at the end of the command. */
export async function startServer(session: Session, stateDir: string, { port, uiPort }: Ports): Promise<Part> {
  const [{ startDevServer }, { serversDir }] = await Promise.all([
    import('../../server/dev-server.js'),
    import('../../server/servers-dir.js'),
  ]);
  const env = { ...session.io.env };
  const server = await startDevServer({
    cacheDir: await serversDir(join(stateDir, 'servers'), env),
    ...serverOf(session.baseDir),
    logFile: join(stateDir, 'temporal.log'),
    env,
    onDownload: (what) => session.print(`downloading ${what}`),
    stop: session.io.stop,
    port,
    uiPort,
  });
  session.onClose(() => server.stop());
  const { address, uiUrl } = server;
  const withdraw = await announceServer(session.baseDir, { address, uiUrl, pid: process.pid });
  session.onClose(withdraw);
  session.useServer({ address, namespace: server.namespace });
  session.print(`${session.paint.green('✓')} Temporal ${address}   Web UI ${uiUrl ?? 'none'}`);
  const ended = server.ended.then(
    (how) => new TokenError('ServerUnavailable', `Temporal has ended: ${how}`, { do: logsIn(stateDir) }),
  );
  return { ended };
}

/** Starts the worker; it is stopped at the end of the command. */
export async function startWorker(
  session: Session,
  stateDir: string,
  metrics: WorkerHostOptions['metrics'],
): Promise<Part> {
  const [{ createLog }, { createWorkerHost }] = await Promise.all([
    import('../../common/log.js'),
    import('../../worker.js'),
  ]);
  const logPath = join(stateDir, 'worker.log');
  const log = createLog(logFile(logPath, (message) => session.warn(message)));
  await ownRuntime(session.io, log);
  const { paths, taskQueue, io, connectOptions: connect } = session;
  const onConfigRead = (loaded: Loaded): void => tellOfConfig(session, loaded);
  const host = await createWorkerHost({ paths, taskQueue, log, env: io.env, connect, metrics, onConfigRead });
  const ended = endOfWorker(host.run(), log, logsIn(stateDir));
  session.onClose(async () => {
    host.shutdown();
    await ended;
  });
  session.print(`${session.paint.green('✓')} worker   log ${logPath}`);
  if (host.metricsUrl !== null) session.print(`${session.paint.green('✓')} metrics  ${host.metricsUrl}`);
  return { ended };
}

/** Says on the terminal what the worker made of a changed configuration, where its log is in a file. */
function tellOfConfig(session: Session, loaded: Loaded): void {
  if (loaded.ok) {
    session.print(`${session.paint.green('✓')} configuration read again; what changed of tokens: tokenkeeper apply`);
    return;
  }
  warnOfProblems(session, 'the new configuration has problems, the old one stays in force', loaded.problems);
}

/** Warns of problems, and says what is done about them. */
export function warnOfProblems(session: Session, words: string, problems: readonly Problem[]): void {
  session.warn([`${words}:`, ...problems.map(formatProblem)].join('\n'));
}
