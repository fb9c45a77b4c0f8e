import { changeOf } from '../requests/change-options.js';
import { requestEnd, requestRevocation, staysDeclared, waitUntilClosed } from '../requests/closing.js';
import { reasonOption, timeoutOption } from '../arguments/options.js';
import { keysArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { confirm } from '../terminal/confirm.js';
import { revokeWords } from '../terminal/words.js';
import { isByHand } from '../../core/lifecycle/renewal.js';

interface Options {
  readonly reason?: string;
  readonly yes?: true;
  readonly wait?: true;
  readonly timeout: number;
}

export const addRevoke: AddCommand = (program, run) =>
  program
    .command('revoke')
    .description(
      'The end of a token: revoke every generation at the provider, empty the sinks and the vault, stop keeping it.',
    )
    .argument('<key...>', 'the tokens', keysArgument)
    .addOption(reasonOption())
    .option('-y, --yes', 'do not ask')
    .option('--wait', 'wait until it is done')
    .addOption(timeoutOption('2m'))
    .action(
      run(async (session, keys: string[], options: Options) => {
        await confirm(session, revokeWords(keys), options.yes === true);
        const client = await session.client();
        for (const key of keys) {
          session.key = key;
          const before = await requestEnd(requestRevocation(client, key, changeOf(session, options)));
          if (options.wait === true) {
            await waitUntilClosed(client, key, { timeoutMs: options.timeout, signal: session.io.stop });
          }
          const done = options.wait === true ? 'revoked' : 'revocation requested';
          session.print(before !== null && isByHand(before) ? `${key}: ${done} here; ${byHand}` : `${key}: ${done}`);
        }
        session.print(staysDeclared);
      }),
    );

/** For a value that only a person can end at its provider. */
const byHand = 'at the provider the value is good until a person ends it there: its issuer cannot';
