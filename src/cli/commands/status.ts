import { Option } from 'commander';
import type { IssuerConfig } from '../../config/config.js';
import { outputOption } from '../arguments/options.js';
import { keyArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import type { Session } from '../session.js';
import { uiUrlOf } from '../web-ui/ui-url.js';
import { isWellStatus } from '../views/well.js';
import { statusJson } from '../views/status-json.js';
import { statusLines } from '../views/status.js';
import { jsonLines, show } from '../terminal/watch.js';

interface Options {
  readonly output: string;
  readonly check?: true;
  readonly watch?: true;
}

export const addStatus: AddCommand = (program, run) =>
  program
    .command('status')
    .description('Everything that is known of one token: generations, proof, sinks, conditions, and what to do.')
    .argument('<key>', 'the token', keyArgument)
    .addOption(outputOption('table', 'json'))
    .option('--check', 'exit with 8 unless it is well')
    .addOption(new Option('-w, --watch', 'show it again and again').conflicts('check'))
    .action(
      run(async (session, key: string, options: Options) => {
        session.key = key;
        const [client, { namespace }] = await Promise.all([session.client(), session.connected()]);
        const credentials = await credentialsHere(session);
        let isWell = true;
        await show(session, options.watch === true, async () => {
          const status = await client.status(key);
          isWell = isWellStatus(status);
          if (options.output === 'json') return jsonLines(statusJson(status));
          const { isTTY, columns } = session.io.stdout;
          return statusLines(status, {
            now: Date.now(),
            paint: session.paint,
            uiUrl: uiUrlOf(session, namespace, status.workflowId),
            credentialExpiresAt: credentials.get(status.issuer)?.credentialExpiresAt ?? null,
            columns: (isTTY === true && columns) || undefined,
          });
        });
        return options.check === true && !isWell ? exitCodes.unhealthy : exitCodes.ok;
      }),
    );

/** Issuers of the configuration here. A status does not require one: without it, or with an invalid one, it shows less. */
async function credentialsHere(session: Session): Promise<ReadonlyMap<string, IssuerConfig>> {
  const loaded = await session.soundConfig().catch(() => null);
  return loaded?.config.worker.issuers ?? new Map<string, IssuerConfig>();
}
