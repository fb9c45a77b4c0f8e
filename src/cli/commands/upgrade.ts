import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenKeeperClient } from '../../client.js';
import type { TokenStatus } from '../../client/status.js';
import { isKey } from '../../core/key.js';
import { newestRules } from '../../core/rules.js';
import { changeOf } from '../change-options.js';
import { keysArgument, reasonOption, timeoutOption, wholeArgument, type AddCommand } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { withNearestKey } from '../nearest-key.js';
import { Failure, report } from '../report.js';
import type { Session } from '../session.js';
import { isNotKept } from '../running-token.js';
import { waitForStatus } from '../waiting.js';
import { plural } from '../words.js';

interface Options {
  readonly all?: true;
  readonly force?: true;
  readonly perMinute: number;
  readonly wait?: true;
  readonly timeout: number;
  readonly reason?: string;
}

export const addUpgrade: AddCommand = (program, run) =>
  program
    .command('upgrade')
    .description(
      'Let tokens go on in a new run, by the newest rules: after a deploy. Issues nothing, and twice is once.',
    )
    .argument('[key...]', 'the tokens', keysArgument)
    .option('--all', 'every token that is kept')
    .option('--force', 'also those on the newest rules: moves runs that are pinned to an older worker version')
    .option('--per-minute <number>', 'at most so many', wholeArgument(1), 120)
    .option('--wait', 'see each one in its new run before the next, and stop at the first that is not')
    .addOption(timeoutOption('1m'))
    .addOption(reasonOption())
    .action(
      run(async (session, keys: string[], options: Options) => {
        if (keys.length > 0 === (options.all === true)) {
          throw new Failure(exitCodes.usage, 'name tokens, or give --all', 'tokenkeeper upgrade --help');
        }
        const client = await session.client();
        const chosen = keys.length > 0 ? keys : (await client.list()).map(({ key }) => key).filter(isKey);
        return upgradeAll(session, client, chosen, options);
      }),
    );

type Upgraded = 'moved' | 'asked' | 'same';

const marks: Record<Upgraded, string> = { moved: '~', asked: '~', same: '=' };

/** One after the other, paced: each new run is a replay for the worker and a start for the server. @returns the exit code */
async function upgradeAll(
  session: Session,
  client: TokenKeeperClient,
  keys: readonly string[],
  options: Options,
): Promise<number> {
  const width = Math.max(0, ...keys.map((key) => key.length));
  const counts = { moved: 0, asked: 0, same: 0, gone: 0, failed: 0 };
  let pause = Promise.resolve<unknown>(undefined);
  for (const key of keys) {
    await pause;
    try {
      const { upgraded, words } = await upgradeOne(session, client, key, options);
      counts[upgraded]++;
      session.print(`${marks[upgraded]} ${key.padEnd(width)}  ${words}`);
      if (upgraded !== 'same') pause = sleep(60_000 / options.perMinute, undefined, { signal: session.io.stop });
      pause.catch(() => {}); // after the last one nobody waits for it
    } catch (error) {
      // The list that --all goes by is a moment late.
      if (options.all === true && isNotKept(error)) {
        counts.gone++;
        session.print(`- ${key.padEnd(width)}  gone already`);
        continue;
      }
      counts.failed++;
      session.print(`x ${key.padEnd(width)}  failed`);
      const exitCode = report(await withNearestKey(error, session, key), session.io, key);
      if (options.wait !== true) continue;
      session.print(`stopped: ${plural(keys.length - keys.indexOf(key) - 1, 'token')} not touched`);
      return exitCode;
    }
  }
  const { moved, asked, same, gone, failed } = counts;
  const tail = `${gone === 0 ? '' : `, ${gone} gone already`}${failed === 0 ? '' : `, ${failed} failed`}`;
  session.print(`${plural(keys.length, 'token')}: ${moved} moved, ${asked} asked to, ${same} there already${tail}`);
  return failed === 0 ? exitCodes.ok : exitCodes.failed;
}

async function upgradeOne(
  session: Session,
  client: TokenKeeperClient,
  key: string,
  options: Options,
): Promise<{ readonly upgraded: Upgraded; readonly words: string }> {
  const before = await client.status(key);
  if (before.rules >= newestRules && options.force !== true) {
    return { upgraded: 'same', words: `on rules ${before.rules} already` };
  }
  await client.renewRun(key, changeOf(session, options));
  if (options.wait !== true) return { upgraded: 'asked', words: `rules ${before.rules}, asked for a new run` };
  const after = await waitForStatus(client, key, {
    until: ({ runId }) => runId !== before.runId,
    deadline: Date.now() + options.timeout,
    signal: session.io.stop,
  });
  requireNewest(key, after);
  return { upgraded: 'moved', words: `rules ${before.rules} → ${after.rules}, gen ${after.generation} as before` };
}

/** @throws Failure where the worker that took the new run is older than this command */
function requireNewest(key: string, { rules }: TokenStatus): void {
  if (rules >= newestRules) return;
  throw new Failure(
    exitCodes.failed,
    `${key} has a new run, but its worker knows rules ${rules} only, not ${newestRules}`,
    'deploy the workers first, all of them, then: tokenkeeper upgrade',
  );
}
