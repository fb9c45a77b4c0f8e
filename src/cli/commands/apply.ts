import type { TokenKeeperClient } from '../../client.js';
import type { TokenStatus } from '../../client/status.js';
import { byKey } from '../../core/key.js';
import type { TokenSpec } from '../../core/spec.js';
import { applyAll } from '../apply/apply-all.js';
import type { ApplyRow } from '../apply/apply-row.js';
import { chosenTokens } from '../apply/chosen-tokens.js';
import { outputOption, reasonOption, timeoutOption } from '../arguments/options.js';
import { keysArgument } from '../arguments/values.js';
import { Interrupted, type AddCommand } from '../command.js';
import { someOf } from '../terminal/words.js';
import { eachOf } from '../requests/concurrently.js';
import { exitCodes } from '../exit-codes.js';
import { askToPrune, prune, pruneable, type Pruning } from '../apply/prune.js';
import type { Session } from '../session.js';
import { isDelivered, waitForStatus } from '../requests/wait-for-status.js';
import { isByHand } from '../../core/lifecycle/renewal.js';

interface Options {
  readonly reason?: string;
  readonly takeOver?: true;
  readonly prune?: true;
  readonly yes?: true;
  readonly wait?: true;
  readonly timeout: number;
  readonly output: string;
}

export const addApply: AddCommand = (program, run) =>
  program
    .command('apply')
    .description(
      'Keep every declared token: start what is new, change in place what differs. A second run changes nothing.',
    )
    .addOption(reasonOption())
    .argument('[key...]', 'only these tokens', keysArgument)
    .option('--take-over', 'claim records of another workflow, and overwrite in sinks what is not ours: once')
    .option(
      '--prune',
      'empty sinks taken out of tokens; without keys, also revoke what runs in the declared environments but is not declared',
    )
    .option('-y, --yes', 'do not ask before revoking and emptying')
    .option('--wait', 'wait until every token is delivered as it is declared, and what is pruned of its sinks is empty')
    .addOption(timeoutOption('2m'))
    .addOption(outputOption('table', 'json'))
    .action(
      run(async (session, keys: string[], options: Options) => {
        const asJson = options.output === 'json';
        if (asJson) session.reserveStdout();
        const { config } = await session.config();
        const tokens = chosenTokens(session, config.tokens, keys);
        const client = await session.client('register');
        const pruning = options.prune === true ? await askToPruneAll(session, client, tokens, keys, options) : null;
        const applied: ApplyRow[] = [];
        const pruned: ApplyRow[] = [];
        if (asJson) session.printJsonAtEnd(() => [...applied.toSorted(byKey), ...pruned]);
        const work = (): Promise<void> => applyAll(session, client, tokens, options, applied);
        // With --take-over, Ctrl-C waits until that permission was withdrawn from each token.
        await (options.takeOver === true ? session.uninterrupted(work) : work());
        if (session.io.stop.aborted) throw new Interrupted();
        if (pruning !== null) {
          const inForce = new Set(withoutFailed(tokens, applied));
          const empties = pruning.empties.filter(({ spec }) => inForce.has(spec));
          const reason = options.reason ?? 'Pruned';
          await prune(session, client, { ...pruning, empties }, reason, (row) => pruned.push(row));
        }
        if (options.wait === true) await waitForAll(session, client, tokens, applied, options);
        const rows = [...applied, ...pruned];
        return rows.some(({ action }) => action === 'failed') ? exitCodes.failed : exitCodes.ok;
      }),
    );

async function askToPruneAll(
  session: Session,
  client: TokenKeeperClient,
  declared: readonly TokenSpec[],
  keys: readonly string[],
  { yes }: Options,
): Promise<Pruning> {
  const { config } = await session.config();
  // Whoever names tokens means these, and has seen no other one in the plan.
  const undeclared = keys.length === 0 ? pruneable(await client.list(), config.tokens) : [];
  return askToPrune(session, client, { undeclared, declared }, yes === true);
}

async function waitForAll(
  session: Session,
  client: TokenKeeperClient,
  tokens: readonly TokenSpec[],
  rows: readonly ApplyRow[],
  options: Options,
): Promise<void> {
  const applied = withoutFailed(tokens, rows);
  const deadline = Date.now() + options.timeout;
  const empty: string[] = [];
  await eachOf(applied, async ({ key }) => {
    const status = await waitForStatus(session, client, key, {
      // A token that only a person can renew waits for its import; we don't.
      until: (status) => (isServed(status) || isToBeImported(status)) && (options.prune !== true || isEmptied(status)),
      deadline,
    });
    if (!isServed(status)) empty.push(key);
  });
  if (empty.length > 0)
    session.print(`no living value yet, tokenkeeper import KEY brings it: ${someOf(empty.toSorted())}`);
  if (applied.length === tokens.length && empty.length === 0) session.print('all delivered');
  else if (applied.length > empty.length) session.print('the others are delivered');
}

/** The tokens whose declaration is in force. */
function withoutFailed(tokens: readonly TokenSpec[], rows: readonly ApplyRow[]): TokenSpec[] {
  const failed = new Set(rows.filter(({ action }) => action === 'failed').map(({ key }) => key));
  return tokens.filter(({ key }) => !failed.has(key));
}

/** Not yet where a change makes another value necessary, nor before the look that follows each change, which may find that it does. */
const isServed = (status: TokenStatus): boolean =>
  isDelivered(status) && status.state !== 'expired' && status.wanted === null && status.phase !== 'reconciling';

const isToBeImported = (status: TokenStatus): boolean =>
  isByHand(status) && (status.current === null || status.state === 'expired');

const isEmptied = ({ left }: TokenStatus): boolean => left.every(({ emptying }) => emptying === null);
