import { changeOf } from '../requests/change-options.js';
import { endOf, requestEnd, requestRevocation, staysDeclared, waitUntilClosed } from '../requests/closing.js';
import { reasonOption, timeoutOption } from '../arguments/options.js';
import { keysArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { Failure } from '../report.js';
import { eachKey } from '../requests/each-key.js';
import type { TokenStatus } from '../../client/status.js';
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
        const requested = new Map<string, TokenStatus | null>();
        const tell = (key: string, done: string): void => {
          const before = requested.get(key) ?? null;
          const livesOn = before === null ? null : livesOnWords(before);
          session.print(livesOn === null ? `${key}: ${done}` : `${key}: ${done} here; ${livesOn}`);
        };
        // All are requested before the first is waited for: a revocation is urgent.
        const refused = await eachKey(session, keys, async (key) => {
          requested.set(key, await requestEnd(requestRevocation(client, key, changeOf(session, options))));
          if (options.wait !== true) tell(key, 'revocation requested');
        });
        const deadline = Date.now() + options.timeout;
        const late = await eachKey(session, options.wait === true ? [...requested.keys()] : [], async (key) => {
          await waitUntilClosed(session, client, key, deadline);
          const end = await endOf(client, key);
          if (end !== null && end !== 'revoke') throw notRevoked(key, end);
          tell(key, 'revoked');
        });
        if (requested.size > 0) session.print(staysDeclared);
        return refused || late;
      }),
    );

/** Somebody else ended it before every value was revoked. */
function notRevoked(key: string, end: string): Failure {
  const words = end === 'forget' ? 'its revocation was given up' : `its workflow ended otherwise (${end})`;
  const todo = 'end its values at the provider; or keep it anew, and revoke it then';
  return new Failure(exitCodes.failed, `${key} was not revoked to the end: ${words}, a value of it may live`, todo);
}

/** Why its value lives on at the provider; null: it does not. */
function livesOnWords(before: Pick<TokenStatus, 'mintable' | 'revocable'>): string | null {
  if (isByHand(before)) return 'at the provider the value is good until a person ends it there: its issuer cannot';
  return before.revocable ? null : 'at the provider the value is good until it expires: its issuer revokes none';
}
