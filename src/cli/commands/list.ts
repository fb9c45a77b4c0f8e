import { Option } from 'commander';
import type { TokenRow } from '../../client/list.js';
import { rowNow } from '../../client/row-now.js';
import { headlines } from '../../core/lifecycle/headline.js';
import { outputOption } from '../arguments/options.js';
import type { AddCommand } from '../command.js';
import { environmentArgument } from '../arguments/values.js';
import { exitCodes } from '../exit-codes.js';
import { isWell, listLines } from '../views/list.js';
import { jsonLines, show } from '../terminal/watch.js';

interface Options {
  readonly output: string;
  readonly environment?: string;
  readonly owner?: string;
  readonly issuer?: string;
  readonly web?: true;
  readonly state?: string;
  readonly check?: true;
  readonly watch?: true;
}

export const addList: AddCommand = (program, run) =>
  program
    .command('list')
    .alias('ls')
    .description(
      'All tokens that are kept: state, generation, expiry, renewal, sinks, owner. Reads the index, asks no token.',
    )
    .addOption(outputOption('table', 'wide', 'json', 'name'))
    .option('-e, --environment <name>', 'only of this environment', environmentArgument)
    .option('--owner <name>', 'only of this owner')
    .option('--issuer <name>', 'only of this issuer')
    .addOption(new Option('--state <state>', 'only in this state').choices(headlines))
    .option('--check', 'exit with 8 unless all are well; also where none is kept at all')
    .addOption(new Option('-w, --watch', 'show it again and again').conflicts('check'))
    .addOption(
      new Option('--web', 'links to filters of the Web UI, instead of the tokens').conflicts([
        'check',
        'watch',
        'state',
      ]),
    )
    .action(
      run(async (session, options: Options) => {
        if (options.web === true) {
          const { showWebViews } = await import('../web-ui/show-web-views.js');
          return showWebViews(session, options);
        }
        const client = await session.client('check');
        let allWell = true;
        let isEmpty = false;
        await show(session, options.watch === true, async () => {
          const now = Date.now();
          const found = (await client.list({ environment: options.environment })).filter((row) => isOf(row, options));
          isEmpty = found.length === 0;
          const { state } = options;
          const rows = found.map((row) => rowNow(row, now)).filter((row) => state === undefined || row.state === state);
          allWell = rows.every((row) => isWell(row, now));
          if (options.output === 'json') return jsonLines(rows);
          if (options.output === 'name') return rows.map(({ key }) => key);
          return listLines(rows, now, session.paint, options.output === 'wide');
        });
        if (options.check !== true) return exitCodes.ok;
        // An empty list would look fine to cron, but also results from a Temporal that lost its database, or a misspelt owner.
        if (isEmpty)
          session.warn(
            `nothing is kept${filterWords(options)}; what is declared, and was, is shown by: tokenkeeper plan`,
          );
        return isEmpty || !allWell ? exitCodes.unhealthy : exitCodes.ok;
      }),
    );

function isOf(row: TokenRow, { owner, issuer }: Options): boolean {
  return (owner === undefined || row.owner === owner) && (issuer === undefined || row.issuer === issuer);
}

function filterWords({ environment, owner, issuer }: Options): string {
  const filters = Object.entries({ environment, owner, issuer }).filter(([, value]) => value !== undefined);
  return filters.map(([name, value]) => `, ${name} ${value}`).join('');
}
