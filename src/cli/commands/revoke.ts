import { changeOf } from '../change-options.js';
import { waitUntilClosed } from '../closing.js';
import { keysArgument, reasonOption, timeoutOption, type AddCommand } from '../command.js';
import { confirm } from '../confirm.js';

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
      'The end of a token: revoke every generation at the provider, empty the sinks and the vault, keep it no more.',
    )
    .argument('<key...>', 'the tokens', keysArgument)
    .addOption(reasonOption())
    .option('-y, --yes', 'do not ask')
    .option('--wait', 'wait until it is done')
    .addOption(timeoutOption('2m'))
    .action(
      run(async (session, keys: string[], options: Options) => {
        await confirm(session, `revoke ${keys.join(', ')}, and empty the sinks`, options.yes === true);
        const client = await session.client();
        for (const key of keys) {
          session.key = key;
          await client.revoke(key, changeOf(session, options));
          if (options.wait === true) {
            await waitUntilClosed(client, key, { timeoutMs: options.timeout, signal: session.io.stop });
          }
          session.print(`${key}: ${options.wait === true ? 'revoked' : 'revocation requested'}`);
        }
      }),
    );
