import { join } from 'node:path';
import { Option } from 'commander';
import { waitAtMost, whenAborted } from '../../common/awaiting.js';
import { TokenError } from '../../core/errors.js';
import { portArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { logFile } from '../up/log-file.js';
import { metricsAddressOf, metricsOption, type MetricsFlags } from '../arguments/metrics-address.js';
import { makeStateFolder, stateFolderOf } from '../own-folders.js';
import { tellOfConfig } from '../up/config-read.js';
import { ownRuntime } from '../up/own-runtime.js';
import { announceServer, serverOf } from '../up/running-server.js';
import { endOfWorker } from '../up/worker-end.js';
import { cliSpans } from '../spans.js';
import { withoutTerminal } from '../terminal/without-terminal.js';
import type { WorkerHostOptions } from '../../worker.js';
import type { Session } from '../session.js';
import { applyAll } from './apply.js';

interface Options extends MetricsFlags {
  readonly port?: number;
  readonly uiPort?: number;
}

export const addUp: AddCommand = (program, run) =>
  program
    .command('up')
    .description(
      'All in one, for people without Temporal: its development server with the Web UI, the vault, the worker, apply.',
    )
    .addOption(
      new Option('--port <number>', 'of Temporal; default: the first free one from 7233 on').argParser(portArgument),
    )
    .addOption(
      new Option('--ui-port <number>', 'of the Web UI; default: the first free one from 8233 on').argParser(
        portArgument,
      ),
    )
    .addOption(metricsOption())
    .addHelpText(
      'after',
      '\nIts state is in .tokenkeeper/ beside the configuration. Where no temporal 1.8 or newer is on PATH,\nit is downloaded once a user, into tokenkeeper/servers of their cache folder.\nCtrl-C stops everything in order.',
    )
    .addHelpText('after', withoutTerminal('tokenkeeper up'))
    .action(
      run(async (session, options: Options) => {
        session.handlesStop = true;
        const listen = metricsAddressOf(options, session.io.env);
        const { config, baseDir } = await session.config();
        const stateDir = stateFolderOf(baseDir);
        await makeStateFolder(baseDir);
        await initVaults(session);
        const server = await startServer(session, stateDir, options);
        if (session.io.stop.aborted) return;
        const client = await explained(server, session.client('register'));
        const worker = await explained(server, startWorker(session, stateDir, listen && { client, listen }));
        if (session.io.stop.aborted) return;
        await explained(server, applyAll(session, client, config.tokens, {}));
        session.print('', 'tokenkeeper list | status KEY | rotate KEY --wait        Ctrl-C stops');
        const trouble = await Promise.race([whenAborted(session.io.stop), server.ended, worker.ended]);
        session.print('stopping');
        if (trouble !== undefined) throw trouble;
      }),
    );

/** Creates missing vaults that this host can create. */
async function initVaults(session: Session): Promise<void> {
  const { initVault, localVaults } = await import('../local-vaults.js');
  for (const name of localVaults((await session.config()).config)) {
    const { created, path } = await initVault(session, name);
    session.print(`${session.paint.green('✓')} vault ${name}${created ? ' made' : ''}  ${path}`);
  }
}

/** A part of `up`; `ended` resolves with an error when it has ended by itself. */
interface Part {
  readonly ended: Promise<unknown>;
}

/** The result of `work`. Where it fails, why a part has ended is worth more than that something missed it. */
async function explained<T>({ ended }: Part, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    // A connection is refused a moment before the end of its process is known.
    const why = await waitAtMost(ended, cliSpans.endKnownMs);
    throw why === 'late' ? error : (why ?? error);
  }
}

const logsIn = (stateDir: string): string => `read the logs in ${stateDir}`;

async function startServer(session: Session, stateDir: string, { port, uiPort }: Options): Promise<Part> {
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

async function startWorker(session: Session, stateDir: string, metrics: WorkerHostOptions['metrics']): Promise<Part> {
  const [{ createLog }, { createWorkerHost }] = await Promise.all([
    import('../../common/log.js'),
    import('../../worker.js'),
  ]);
  const logPath = join(stateDir, 'worker.log');
  const log = createLog(logFile(logPath, (message) => session.warn(message)));
  await ownRuntime(session.io, log);
  const { paths, taskQueue, io, connectOptions: connect } = session;
  const onConfigRead: WorkerHostOptions['onConfigRead'] = (loaded) => tellOfConfig(session, loaded);
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
