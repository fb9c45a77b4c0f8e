import { changeOf } from '../requests/change-options.js';
import { reasonOption } from '../arguments/options.js';
import { keysArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { refuseWhileEnding } from '../requests/before-signal.js';
import { eachKey } from '../requests/each-key.js';

interface Options {
  readonly reason?: string;
}

export const addResume: AddCommand = (program, run) =>
  program
    .command('resume')
    .description('Go on after a pause.')
    .argument('<key...>', 'the tokens', keysArgument)
    .addOption(reasonOption())
    .action(
      run(async (session, keys: string[], options: Options) => {
        const client = await session.client();
        return eachKey(session, keys, async (key) => {
          const before = await refuseWhileEnding(session, client, key, 'resume');
          await client.resume(key, changeOf(session, options));
          session.print(`${key}: ${before !== null && before.pause === null ? 'was not paused' : 'resumed'}`);
        });
      }),
    );
