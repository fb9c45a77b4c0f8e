import { Option } from 'commander';
import { outputOption } from '../arguments/options.js';
import { keyArgument, wholeArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { TokenError } from '../../core/errors.js';
import { vaultOf } from '../stored-tokens.js';
import { tableLines, type Column } from '../terminal/table.js';
import { isoOrNull } from '../terminal/time-words.js';
import type { JsonRow } from '../views/json-fields.js';

interface Options {
  readonly output: string;
  readonly limit?: number;
}

const columns: readonly Column[] = [
  { title: 'AT' },
  { title: 'EVENT' },
  { title: 'GEN', align: 'right' },
  { title: 'REASON' },
  { title: 'BY' },
];

export const addHistory: AddCommand = (program, run) =>
  program
    .command('history')
    .description('What was done with a token, by whom and why: the ledger of its vault record. Needs no Temporal.')
    .argument('<key>', 'the token', keyArgument)
    .addOption(outputOption('table', 'json'))
    .addOption(new Option('-n, --limit <number>', 'only the newest').argParser(wholeArgument()))
    .action(
      run(async (session, key: string, options: Options) => {
        session.key = key;
        const [vault, { readRecord }] = await Promise.all([vaultOf(session, key), import('../../activities/store.js')]);
        const { record, revision } = await readRecord(vault, key);
        if (revision === 0) throw new TokenError('NotKept', `the vault knows nothing of ${key}`);
        const rows = record.ledger.slice(-(options.limit ?? record.ledger.length));
        if (options.output === 'json') {
          session.printJson(rows.map((row): JsonRow<'history'> => ({ ...row, at: isoOrNull(row.at) })));
          return;
        }
        const cells = rows.map(({ at, event, generation, reason, actor }) => [
          new Date(at).toISOString(),
          event,
          String(generation),
          reason,
          actor,
        ]);
        session.print(...tableLines(columns, cells));
      }),
    );
