import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenKeeperClient } from '../../client.js';
import type { TokenStatus } from '../../client/status.js';
import { newestRules } from '../../core/lifecycle/rules.js';
import { changeOf } from '../requests/change-options.js';
import { outputOption, reasonOption, timeoutOption } from '../arguments/options.js';
import { keysArgument, wholeArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import type { JsonRow } from '../views/json-fields.js';
import { withNearestKey } from '../nearest-key.js';
import { errorJson, Failure, report, wrongUsage } from '../report.js';
import type { Session } from '../session.js';
import { isNotKept } from '../requests/running-token.js';
import { waitForStatus } from '../requests/wait-for-status.js';
import { plural } from '../terminal/words.js';

interface Options {
  readonly all?: true;
  readonly force?: true;
  readonly perMinute: number;
  readonly wait?: true;
  readonly timeout: number;
  readonly reason?: string;
  readonly output: string;
}

export const addUpgrade: AddCommand = (program, run) =>
  program
    .command('upgrade')
    .description(
      'Move tokens to a new run with the newest rules, after a deploy. Issues nothing; a second run changes nothing.',
    )
    .argument('[key...]', 'the tokens', keysArgument)
    .option('--all', 'every token that is kept')
    .option('--force', 'also those on the newest rules: moves runs that are pinned to an older worker version')
    .option('--per-minute <number>', 'at most so many', wholeArgument(), 120)
    .option('--wait', 'wait until each one is in its new run before the next, and stop at the first that fails')
    .addOption(timeoutOption('1m'))
    .addOption(reasonOption())
    .addOption(outputOption('table', 'json'))
    .action(
      run(async (session, keys: string[], options: Options) => {
        if (keys.length > 0 === (options.all === true)) {
          throw wrongUsage('name tokens, or give --all', 'tokenkeeper upgrade --help');
        }
        const client = await session.client();
        const chosen = keys.length > 0 ? keys : (await client.list()).map(({ key }) => key);
        const rows: JsonRow<'upgrade'>[] = [];
        if (options.output === 'json') {
          session.reserveStdout();
          session.printJsonAtEnd(() => rows);
        }
        return await upgradeAll(session, client, chosen, options, (row) => rows.push(row));
      }),
    );

type Upgraded = 'moved' | 'asked' | 'same';

/** The result for one token. */
interface Outcome {
  readonly action: Upgraded;
  readonly rules: { readonly before: number; readonly after: number | null };
  readonly words: string;
}

const marks: Record<Upgraded, string> = { moved: '~', asked: '~', same: '=' };

/** One after the other, at a limited rate: each new run is a replay for the worker and a start for the server. @returns the exit code */
async function upgradeAll(
  session: Session,
  client: TokenKeeperClient,
  keys: readonly string[],
  options: Options,
  onRow: (row: JsonRow<'upgrade'>) => void,
): Promise<number> {
  const width = Math.max(0, ...keys.map((key) => key.length));
  const counts = { moved: 0, asked: 0, same: 0, gone: 0, failed: 0 };
  let pause = Promise.resolve<unknown>(undefined);
  for (const [at, key] of keys.entries()) {
    await pause;
    try {
      const { action, rules, words } = await upgradeOne(session, client, key, options);
      counts[action]++;
      session.print(`${marks[action]} ${key.padEnd(width)}  ${words}`);
      onRow({ key, action, rules, error: null });
      if (action !== 'same') pause = sleep(60_000 / options.perMinute, undefined, { signal: session.io.stop });
      pause.catch(() => {}); // nobody waits for it after the last token
    } catch (error) {
      // The list that --all uses may be out of date.
      if (options.all === true && isNotKept(error)) {
        counts.gone++;
        onRow({ key, action: 'gone', rules: null, error: null });
        session.print(`- ${key.padEnd(width)}  gone already`);
        continue;
      }
      counts.failed++;
      session.print(`x ${key.padEnd(width)}  failed`);
      const named = await withNearestKey(error, session, key);
      onRow({ key, action: 'failed', rules: null, error: errorJson(named, key) });
      const exitCode = report(named, session.io, key);
      if (options.wait !== true) continue;
      session.print(`stopped: ${plural(keys.length - at - 1, 'token')} not touched`);
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
): Promise<Outcome> {
  const before = await client.status(key);
  const { rules } = before;
  if (rules >= newestRules && options.force !== true) {
    return { action: 'same', rules: { before: rules, after: rules }, words: `on rules ${rules} already` };
  }
  await client.renewRun(key, changeOf(session, options));
  if (options.wait !== true) {
    return { action: 'asked', rules: { before: rules, after: null }, words: `rules ${rules}, asked for a new run` };
  }
  const after = await waitForStatus(session, client, key, {
    until: ({ runId }) => runId !== before.runId,
    deadline: Date.now() + options.timeout,
  });
  requireNewest(key, after);
  // A renewal under way ends before the new run begins.
  const isSame = after.generation === before.generation;
  const words = `rules ${rules} → ${after.rules}, gen ${after.generation} ${isSame ? 'as before' : 'by now'}`;
  return { action: 'moved', rules: { before: rules, after: after.rules }, words };
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
