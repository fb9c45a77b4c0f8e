import type { TokenKeeperClient } from '../../client.js';
import { TokenError } from '../../core/errors.js';
import { byKey, workflowIdOf } from '../../core/key.js';
import type { Owner } from '../../core/record/record.js';
import type { TokenSpec } from '../../core/spec.js';
import { chosenTokens } from '../apply/chosen-tokens.js';
import { outputOption } from '../arguments/options.js';
import { keysArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { eachAnswered } from '../requests/concurrently.js';
import { exitCodes } from '../exit-codes.js';
import { namespaceOf } from '../apply/kept-elsewhere.js';
import { leftoversOf } from '../apply/left-sinks.js';
import { planToken, type PlanRow, type Running } from '../apply/plan.js';
import { pruneable } from '../apply/prune.js';
import { runningOf } from '../requests/running-token.js';
import type { Session } from '../session.js';
import { planJson, planLines } from '../views/plan.js';
import { plural } from '../terminal/words.js';

interface Options {
  readonly detailedExitcode?: true;
  readonly takeOver?: true;
  readonly output: string;
}

/** Actions for which `--detailed-exitcode` exits with 2. */
const changing: ReadonlySet<PlanRow['action']> = new Set(['add', 'change', 'rotate', 'leftover']);

export const addPlan: AddCommand = (program, run) =>
  program
    .command('plan')
    .description('What apply would do. Asks no provider; looks into sinks that it can reach from here.')
    .argument('[key...]', 'only these tokens', keysArgument)
    .option('--detailed-exitcode', '0: nothing to change, 2: something, 1: blocked')
    .option('--take-over', 'plan for: apply --take-over')
    .addOption(outputOption('table', 'json'))
    .action(
      run(async (session, keys: string[], options: Options) => {
        const { config } = await session.config();
        const tokens = chosenTokens(session, config.tokens, keys);
        const client = await session.client('check');
        const undeclared = keys.length === 0 ? await undeclaredRows(client, config.tokens) : [];
        const rows = [...(await planAll(session, client, tokens, options.takeOver === true)), ...undeclared];
        if (options.output === 'json') session.printJson(planJson(rows));
        else session.print(...planLines(rows, session.paint));
        if (rows.some(({ action }) => action === 'blocked')) return exitCodes.failed;
        const changes = rows.some(({ action }) => changing.has(action));
        return options.detailedExitcode === true && changes ? 2 : exitCodes.ok;
      }),
    );

async function planAll(
  session: Session,
  client: TokenKeeperClient,
  tokens: readonly TokenSpec[],
  takeOver: boolean,
): Promise<PlanRow[]> {
  const { config } = await session.config();
  const here = await namespaceOf(session);
  const rows: PlanRow[] = [];
  const work = async (spec: TokenSpec): Promise<void> => {
    const running = await runningOf(client, spec.key);
    const isMoved = running !== null && running.spec.issuer !== spec.issuer;
    rows.push(planToken(spec, running, isMoved ? await mintsHere(session, spec) : undefined));
    if (running !== null) rows.push(...leftoversOf(spec, running, config.worker.sinks));
    const owner = { ...here, workflowId: workflowIdOf(spec.key, session.prefix) };
    if (!takeOver) rows.push(...(await blockedRows(session, spec, running, owner)));
  };
  await eachAnswered(session, tokens, work);
  return rows.toSorted(byKey);
}

/** Whether a token's declared issuer can issue values; null: not known, as where its credentials are not here. */
async function mintsHere(session: Session, { key, issuer, parameters }: TokenSpec): Promise<boolean | null> {
  try {
    const open = await (await session.connections()).issuer(issuer, key, parameters);
    return open.issuer.capabilities(open.parameters).mintable;
  } catch (error) {
    if (error instanceof TokenError) return null;
    throw error;
  }
}

async function undeclaredRows(client: TokenKeeperClient, tokens: readonly TokenSpec[]): Promise<PlanRow[]> {
  return pruneable(await client.list(), tokens).map(({ key, generation, sinks }) => {
    const ends = generation === 0 ? 'end it' : `revoke gen ${generation ?? '?'}`;
    const what = `${ends}, empty ${sinks === null ? 'its sinks' : plural(sinks.total, 'sink')}`;
    return { key, action: 'undeclared', words: `undeclared: kept; apply --prune would ${what}` };
  });
}

/** Only a record or sink that is new to us can belong to somebody else. */
async function blockedRows(
  session: Session,
  spec: TokenSpec,
  running: Running | null,
  owner: Owner,
): Promise<PlanRow[]> {
  const known = new Set(running?.spec.sinks.map(({ id }) => id) ?? []);
  const sinks = spec.sinks.filter(({ id }) => !known.has(id));
  if (running !== null && sinks.length === 0) return [];
  const [{ findForeign }, connections] = await Promise.all([import('../apply/foreign.js'), session.connections()]);
  try {
    const found = await findForeign(connections, spec, sinks, owner);
    return found.map((words) => ({ key: spec.key, action: 'blocked', words: `${words}: needs --take-over` }));
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    session.warn(`${spec.key}: not looked at from here: ${error.message}`);
    return [];
  }
}
