import type { Applied, TokenKeeperClient } from '../../client.js';
import type { TokenStatus } from '../../client/status.js';
import type { TokenSpec } from '../../core/spec.js';
import { chosenTokens } from '../chosen.js';
import { keysArgument, reasonOption, timeoutOption, type AddCommand } from '../command.js';
import { eachOf } from '../concurrently.js';
import { exitCodes } from '../exit-codes.js';
import { leftoversOf } from '../left-sinks.js';
import { prune } from '../pruning.js';
import { report } from '../report.js';
import type { Session } from '../session.js';
import { applyWithTakeOver } from '../take-over.js';
import { isDelivered, waitForStatus } from '../waiting.js';
import { plural } from '../words.js';

interface Options {
  readonly reason?: string;
  readonly takeOver?: true;
  readonly prune?: true;
  readonly yes?: true;
  readonly wait?: true;
  readonly timeout: number;
}

/** Enough to be quick, few enough for a small server. */
const atOnce = 16;

const marks: Record<Applied, string> = { started: '+', configured: '~', unchanged: '=' };

export const addApply: AddCommand = (program, run) =>
  program
    .command('apply')
    .description('Keep every declared token: start what is new, change in place what differs. Twice is once.')
    .addOption(reasonOption())
    .argument('[key...]', 'only these tokens', keysArgument)
    .option('--take-over', 'claim records of another workflow, and overwrite in sinks what is not ours: once')
    .option(
      '--prune',
      'revoke what runs in the declared environments but is not declared; empty sinks taken out of tokens',
    )
    .option('-y, --yes', 'do not ask before revoking and emptying')
    .option('--wait', 'wait until every token is delivered, and what is pruned of its sinks is empty')
    .addOption(timeoutOption('2m'))
    .action(
      run(async (session, keys: string[], options: Options) => {
        const { config } = await session.config();
        const tokens = chosenTokens(session, config.tokens, keys);
        const client = await session.client('register');
        const failures = await applyAll(session, client, tokens, options);
        if (options.prune === true) await prune(session, client, tokens, options);
        if (options.wait === true) await waitForAll(session, client, tokens, options);
        return failures > 0 ? exitCodes.failed : exitCodes.ok;
      }),
    );

/** Applies tokens, a line each, and sums them up. @returns how many failed */
export async function applyAll(
  session: Session,
  client: TokenKeeperClient,
  tokens: readonly TokenSpec[],
  options: { readonly takeOver?: true; readonly reason?: string; readonly prune?: true },
): Promise<number> {
  const { takeOver, reason } = options;
  const change = reason === undefined ? {} : { reason };
  const width = Math.max(0, ...tokens.map(({ key }) => key.length));
  const counts = { started: 0, configured: 0, unchanged: 0 };
  let failures = 0;
  await eachOf(tokens, atOnce, async (spec) => {
    try {
      const applied =
        takeOver === true ? await applyWithTakeOver(session, client, spec, change) : await client.apply(spec, change);
      counts[applied]++;
      const leaves = applied === 'configured' && options.prune !== true ? await leavesOf(session, client, spec) : [];
      const lines = [`${marks[applied]} ${spec.key.padEnd(width)}  ${words(applied, spec)}`];
      session.print(...lines, ...leaves.map((left) => `- ${spec.key.padEnd(width)}  ${left}`));
    } catch (error) {
      failures++;
      session.print(`x ${spec.key.padEnd(width)}  failed`);
      report(error, session.io, spec.key);
    }
  });
  const failed = failures === 0 ? '' : `, ${failures} failed`;
  const { started, configured, unchanged } = counts;
  session.print(
    `${plural(tokens.length, 'token')}: ${started} started, ${configured} changed, ${unchanged} unchanged${failed}`,
  );
  return failures;
}

function words(applied: Applied, spec: TokenSpec): string {
  if (applied === 'started') return `started → ${plural(spec.sinks.length, 'sink')}`;
  return applied === 'configured' ? 'changed in place' : 'unchanged';
}

/** What a change left behind, in words. */
async function leavesOf(session: Session, client: TokenKeeperClient, spec: TokenSpec): Promise<string[]> {
  const [{ config }, running] = await Promise.all([session.config(), client.status(spec.key)]);
  return leftoversOf(spec, running, config.worker.sinks).map(({ words: left }) => left);
}

async function waitForAll(
  session: Session,
  client: TokenKeeperClient,
  tokens: readonly TokenSpec[],
  options: Options,
): Promise<void> {
  const deadline = Date.now() + options.timeout;
  const { stop: signal } = session.io;
  await eachOf(tokens, atOnce, async ({ key }) => {
    await waitForStatus(client, key, {
      // A token that only a person can renew waits for its import, not we for it.
      until: (status) =>
        (isDelivered(status) || isToBeImported(status)) && (options.prune !== true || isEmptied(status)),
      deadline,
      signal,
    });
  });
  session.print('all delivered');
}

const isToBeImported = ({ mintable, current }: TokenStatus): boolean => mintable === false && current === null;

const isEmptied = ({ left }: TokenStatus): boolean => left.every(({ emptying }) => emptying === null);
