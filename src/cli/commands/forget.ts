import type { TokenKeeperClient } from '../../client.js';
import type { TokenRow } from '../../client/list.js';
import { changeOf } from '../requests/change-options.js';
import { endOf, requestEnd, staysDeclared, waitUntilClosed } from '../requests/closing.js';
import { reasonOption, timeoutOption } from '../arguments/options.js';
import { environmentArgument, keysArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { confirm } from '../terminal/confirm.js';
import { refuseWhileEnding, statusIfServed } from '../requests/before-signal.js';
import { eachOf } from '../requests/concurrently.js';
import { eachKey } from '../requests/each-key.js';
import { stillKept } from '../requests/running-token.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/words.js';

interface Options {
  readonly reason?: string;
  readonly yes?: true;
  readonly timeout: number;
}

const stays = 'the values stay good where they are, nobody renews them';

export const addForget: AddCommand = (program, run) =>
  program
    .command('forget')
    .description('Stop keeping a token; its value stays in the vault and in the sinks, until it expires.')
    .argument('<key...>', 'the tokens', keysArgument)
    .addOption(reasonOption())
    .option('-y, --yes', 'do not ask')
    .addOption(timeoutOption('1m'))
    .action(
      run(async (session, keys: string[], options: Options) => {
        await confirm(session, `forget ${keys.join(', ')}: ${stays}`, options.yes === true);
        const client = await session.client();
        const forgotten: string[] = [];
        const refused = await eachKey(session, keys, async (key) => {
          const before = await requestEnd(refuseWhileEnding(session, client, key, 'forget'));
          if (before?.closing?.kind === 'revoke')
            session.warn(`${key}: its revocation is given up; what it has reached already is gone`);
          await requestEnd(client.forget(key, changeOf(session, options)));
          forgotten.push(key);
        });
        const deadline = Date.now() + options.timeout;
        const late = await eachKey(session, forgotten, async (key) => {
          await waitUntilClosed(session, client, key, deadline);
          const isRevoked = (await endOf(client, key)) === 'revoke';
          session.print(`${key}: ${isRevoked ? 'revoked to the end before it could be forgotten' : 'forgotten'}`);
        });
        if (forgotten.length > 0) session.print(staysDeclared);
        return refused || late;
      }),
    );

export const addEject: AddCommand = (program, run) =>
  program
    .command('eject')
    .description('Leave tokenkeeper: forget every token that is kept. All values stay good in their sinks.')
    .option('-e, --environment <name>', 'only of this environment', environmentArgument)
    .addOption(reasonOption())
    .option('-y, --yes', 'do not ask')
    .addOption(timeoutOption('1m'))
    .action(
      run(async (session, options: Options & { readonly environment?: string }) => {
        const client = await session.client('check');
        const { environment } = options;
        const rows = await client.list({ environment });
        await confirm(session, `forget ${plural(rows.length, 'token')}: ${stays}`, options.yes === true);
        const kept: string[] = [];
        const leave = async (row: TokenRow): Promise<void> => {
          // Leaving must not give up a requested revocation.
          if (await isBeingRevoked(session, client, row))
            return session.print(`${row.key}: is being revoked, which a worker still has to end`);
          await client.forget(row.key, changeOf(session, options));
          kept.push(row.key);
        };
        await eachOf(rows, async (row) => void (await stillKept(leave(row))));
        const deadline = Date.now() + options.timeout;
        for (const key of kept.toSorted()) {
          session.key = key;
          await waitUntilClosed(session, client, key, deadline);
          session.print(`${key}: forgotten`);
        }
        session.print(`${plural(kept.length, 'token')} forgotten; ${stays}`);
        if (kept.length > 0)
          session.print('as long as tokens.yaml declares them, the next apply or up keeps them anew');
      }),
    );

/** The index is a moment late, and shows no state in a namespace without search attributes: the token itself is asked. */
async function isBeingRevoked(
  session: Session,
  client: TokenKeeperClient,
  { key, state }: Pick<TokenRow, 'key' | 'state'>,
): Promise<boolean> {
  if (state === 'revoked') return true;
  const status = await statusIfServed(session, client, key, 'it is being revoked');
  return status?.closing?.kind === 'revoke';
}
