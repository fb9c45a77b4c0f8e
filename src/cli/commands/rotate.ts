import { Option } from 'commander';
import type { TokenKeeperClient } from '../../client.js';
import type { TokenStatus } from '../../client/status.js';
import { RequestRefused, rotationRefusal } from '../../core/lifecycle/refusals.js';
import { changeOf } from '../requests/change-options.js';
import { outputOption, reasonOption, timeoutOption } from '../arguments/options.js';
import { keysArgument, wholeArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { statusIfServed } from '../requests/before-signal.js';
import type { JsonRow } from '../views/json-fields.js';
import { eachKey } from '../requests/each-key.js';
import { Progress } from '../terminal/progress.js';
import { staleFailure, requireRotated } from '../requests/update-answers.js';
import type { Session } from '../session.js';
import { clockWords } from '../terminal/time-words.js';
import { formatDuration } from '../../core/duration.js';
import { failureWords, isDelivered, waitForStatus } from '../requests/wait-for-status.js';
import { userName } from '../../common/user-name.js';
import { failedRow, requestedRow, rotatedRow } from '../views/rotate.js';
import { plural } from '../terminal/words.js';

interface Options {
  readonly reason?: string;
  readonly wait?: true;
  readonly timeout: number;
  readonly ifGeneration?: number;
  readonly output: string;
}

export const addRotate: AddCommand = (program, run) =>
  program
    .command('rotate')
    .description('Issue a new generation now; the old one is retired once every sink has the new one.')
    .argument('<key...>', 'the tokens', keysArgument)
    .addOption(reasonOption())
    .option('--wait', 'wait until it is delivered, and show the progress')
    .addOption(timeoutOption('2m'))
    .addOption(
      new Option('--if-generation <number>', 'only while this generation is current').argParser(wholeArgument()),
    )
    .addOption(outputOption('table', 'json'))
    .action(
      run(async (session, keys: string[], options: Options) => {
        const asJson = options.output === 'json';
        if (asJson) session.reserveStdout();
        const client = await session.client();
        const rows: JsonRow<'rotate'>[] = [];
        if (asJson) session.printJsonAtEnd(() => rows);
        const rotate = options.wait === true ? rotateAndWait : requestRotation;
        return eachKey(
          session,
          keys,
          async (key) => void rows.push(await rotate(session, client, key, options)),
          (key, error) => rows.push(failedRow(key, error)),
        );
      }),
    );

async function requestRotation(
  session: Session,
  client: TokenKeeperClient,
  key: string,
  options: Options,
): Promise<JsonRow<'rotate'>> {
  await refuseIfInVain(session, client, key, options.ifGeneration);
  await client.rotate(key, { ...changeOf(session, options), ifGeneration: options.ifGeneration });
  session.print(`${key}: rotation requested`);
  return requestedRow(key);
}

async function rotateAndWait(
  session: Session,
  client: TokenKeeperClient,
  key: string,
  options: Options,
): Promise<JsonRow<'rotate'>> {
  const startedAt = Date.now();
  const deadline = startedAt + options.timeout;
  const before = await client.status(key);
  const from = options.ifGeneration ?? before.generation;
  const progress = new Progress(session);
  let by = userName();
  try {
    const change = { ...changeOf(session, options), deadlineMs: options.timeout, alone: true };
    const answer = await client.rotateNow(key, from, change);
    // Somebody was faster: what was current when we began is replaced all the same.
    if (answer.status === 'stale' && options.ifGeneration === undefined) by = 'another request';
    else requireRotated(key, answer, answer.status === 'pending' ? await heldUpBy(client, key) : '');
    const issued = await waitForStatus(session, client, key, {
      until: ({ generation }) => generation > from,
      deadline,
    });
    // The refresh opened the vault first, and checked the sinks where a value without a consumer would be useless.
    const checked = before.checksSinksFirst && before.total > 0 ? `, ${plural(before.total, 'sink')}` : '';
    progress.tick(`preflight vault${checked}`);
    progress.tick(`issued gen ${issued.generation}`);
    if (issued.current?.verifiedBy != null) progress.tick(`verified (${issued.current.verifiedBy})`);
    progress.tick('promoted');
    const { total } = issued;
    if (total > 0) {
      const { sinks } = await waitForStatus(session, client, key, { until: isDelivered, deadline });
      progress.tick(`delivered ${total}/${total}${readBackWords(sinks)}`);
    }
  } finally {
    progress.end();
  }
  const tookMs = Date.now() - startedAt;
  const after = await client.status(key);
  session.print(
    `${key} gen ${from} → ${after.generation} in ${(tookMs / 1000).toFixed(1)} s, by ${by}${oldWords(after, from, Date.now())}`,
  );
  return rotatedRow(after, from, tookMs);
}

/** Empty where no worker answers: the timeout is reported all the same. */
const heldUpBy = (client: TokenKeeperClient, key: string): Promise<string> =>
  client.status(key).then(failureWords, () => '');

/** @throws RequestRefused; Failure where another generation is current */
async function refuseIfInVain(
  session: Session,
  client: TokenKeeperClient,
  key: string,
  wanted: number | undefined,
): Promise<void> {
  const status = await statusIfServed(session, client, key, 'the token can rotate');
  if (status === null) return;
  if (wanted !== undefined && wanted < status.generation) throw staleFailure(key, status.generation);
  const refusal =
    (status.closing !== null && 'Closing') ||
    (wanted !== undefined && wanted > status.generation && 'UnknownGeneration') ||
    rotationRefusal(status);
  if (refusal !== null) throw new RequestRefused('rotate', refusal, status.generation);
}

/** How many sinks were read back. */
function readBackWords(sinks: TokenStatus['sinks']): string {
  const rows = Object.values(sinks);
  const count = rows.filter(({ readBack }) => readBack === true).length;
  if (count === 0) return '';
  return count === rows.length ? ', read back' : `, ${count} read back`;
}

/** What happens to the old generation. */
function oldWords(status: TokenStatus, generation: number, now: number): string {
  const old = status.previous.find((previous) => previous.generation === generation);
  if (old === undefined) return '';
  const grace = `grace ${formatDuration(status.spec.graceMs)}`;
  const holdsForMs = Math.max(0, ...Object.values(status.sinks).map((row) => row.holdsForMs));
  const holds = holdsForMs > 0 ? `, holdsFor ${formatDuration(holdsForMs)}` : '';
  if (old.retireAt === null) return `; gen ${generation} lives until every sink has left it`;
  if ((old.retires ?? status.retires) === 'revoke')
    return `; gen ${generation} is revoked at ${clockWords(old.retireAt, now)} (${grace}${holds})`;
  return old.expiresAt === null ? '' : `; gen ${generation} dies by itself at ${clockWords(old.expiresAt, now)}`;
}
