import { existsSync } from 'node:fs';
import { Option } from 'commander';
import { whenAborted } from '../../common/awaiting.js';
import type { ReadConfig } from '../../read-config.js';
import { applyAll } from '../apply/apply-all.js';
import { portArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { metricsAddressOf, metricsOption, type MetricsFlags } from '../arguments/metrics-address.js';
import { makeStateFolder, stateFolderOf } from '../own-folders.js';
import type { Session } from '../session.js';
import { withoutTerminal } from '../terminal/words.js';
import { explained, initVaults, startServer, startWorker, warnOfProblems } from '../up/parts.js';
import { serverOf } from '../running-server.js';

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
        const { config, baseDir } = await configToStart(session);
        const stateDir = stateFolderOf(baseDir);
        await makeStateFolder(baseDir);
        await initVaults(session);
        const { stop } = session.io;
        const server = await startServer(session, stateDir, options).catch((error: unknown) => {
          if (stop.aborted) return null;
          throw error;
        });
        if (server === null || stop.aborted) return;
        const client = await explained(server, session.client('register'));
        const worker = await explained(server, startWorker(session, stateDir, listen && { client, listen }));
        if (stop.aborted) return;
        if (config.worker.problems.length === 0) await explained(server, applyAll(session, client, config.tokens, {}));
        session.print('', 'tokenkeeper list | status KEY | rotate KEY --wait        Ctrl-C stops');
        const trouble = await Promise.race([whenAborted(stop), server.ended, worker.ended]);
        session.print('stopping');
        if (trouble !== undefined) throw trouble;
      }),
    );

/** A mistake stops the first start; a later one keeps what is kept already, and applies nothing. @throws ConfigProblems */
async function configToStart(session: Session): Promise<ReadConfig> {
  if (!existsSync(serverOf(session.baseDir).databaseFile)) return session.config();
  const loaded = await session.soundConfig();
  const { problems } = loaded.config.worker;
  const words = 'the configuration has problems; nothing is applied, and what is kept goes on with what is sound of it';
  if (problems.length > 0) warnOfProblems(session, words, problems);
  return loaded;
}
