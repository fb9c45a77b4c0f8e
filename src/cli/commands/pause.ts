import { Option } from 'commander';
import { changeOf } from '../requests/change-options.js';
import { reasonOption } from '../arguments/options.js';
import { instantArgument, keysArgument, spanArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { refuseWhileEnding } from '../requests/before-signal.js';
import { eachKey } from '../requests/each-key.js';
import { wrongUsage } from '../report.js';
import { clockWords } from '../terminal/time-words.js';

interface Options {
  readonly reason?: string;
  readonly until?: number;
  readonly for?: number;
}

export const addPause: AddCommand = (program, run) =>
  program
    .command('pause')
    .description('Stop renewing and revoking; what is under way is finished.')
    .argument('<key...>', 'the tokens', keysArgument)
    .addOption(new Option('--until <instant>', 'go on by itself then').argParser(instantArgument))
    .addOption(new Option('--for <duration>', 'go on by itself after this').argParser(spanArgument).conflicts('until'))
    .addOption(reasonOption())
    .action(
      run(async (session, keys: string[], options: Options) => {
        const now = Date.now();
        const until = options.until ?? (options.for === undefined ? undefined : now + options.for);
        if (until !== undefined && until <= now) {
          throw wrongUsage('the end of the pause is over already', 'give an instant to come, or none');
        }
        const client = await session.client();
        return eachKey(session, keys, async (key) => {
          await refuseWhileEnding(session, client, key, 'pause');
          await client.pause(key, { ...changeOf(session, options), until });
          session.print(`${key}: paused ${until === undefined ? 'until resumed' : `until ${clockWords(until, now)}`}`);
        });
      }),
    );
