import type { Applied, TokenKeeperClient } from '../../client.js';
import type { TokenSpec } from '../../core/spec.js';
import { eachAnswered } from '../requests/concurrently.js';
import { isSilence } from '../requests/wait-for-status.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/words.js';
import { tellFailed, type ApplyRow } from './apply-row.js';
import { leftoversOf, type Leftover } from './left-sinks.js';
import { refusingKeptElsewhere } from './kept-elsewhere.js';
import { applyWithTakeOver } from './take-over.js';

const marks = { started: '+', configured: '~' } as const;
const actions = { started: 'started', configured: 'changed', unchanged: 'unchanged' } as const satisfies Record<
  Applied,
  string
>;

interface ApplyOptions {
  readonly takeOver?: true;
  readonly reason?: string;
  readonly prune?: true;
}

/** Applies tokens, prints a line for each change, and a summary. @param rows - gets a row for each, as soon as it is done */
export async function applyAll(
  session: Session,
  client: TokenKeeperClient,
  tokens: readonly TokenSpec[],
  options: ApplyOptions,
  rows: ApplyRow[] = [],
): Promise<void> {
  const width = Math.max(0, ...tokens.map(({ key }) => key.length));
  const fail = ({ key }: TokenSpec, error: unknown): void => void rows.push(tellFailed(session, key, error, width));
  const refuseKeptElsewhere = refusingKeptElsewhere(session, client);
  const work = async (spec: TokenSpec): Promise<void> => {
    const { key } = spec;
    if (session.io.stop.aborted) return;
    try {
      if (options.takeOver !== true) await refuseKeptElsewhere(spec);
      if (session.io.stop.aborted) return;
      const { applied, leftovers } = await applyOne(session, client, spec, options);
      if (applied !== 'unchanged') session.print(`${marks[applied]} ${key.padEnd(width)}  ${words(applied, spec)}`);
      session.print(...leftovers.map((left) => `- ${key.padEnd(width)}  ${left.words}`));
      rows.push({ key, action: actions[applied], left: leftovers.map(({ sink }) => sink), error: null });
    } catch (error) {
      if (isSilence(error)) throw error;
      fail(spec, error);
    }
  };
  await eachAnswered(session, tokens, work, fail);
  const count = (action: ApplyRow['action']): number => rows.filter((row) => row.action === action).length;
  const failed = count('failed') === 0 ? '' : `, ${count('failed')} failed`;
  session.print(
    `${plural(tokens.length, 'token')}: ${count('started')} started, ${count('changed')} changed, ${count('unchanged')} unchanged${failed}`,
  );
}

async function applyOne(
  session: Session,
  client: TokenKeeperClient,
  spec: TokenSpec,
  { takeOver, reason, prune }: ApplyOptions,
): Promise<{ readonly applied: Applied; readonly leftovers: readonly Leftover[] }> {
  const change = { reason };
  const applied =
    takeOver === true ? await applyWithTakeOver(session, client, spec, change) : await client.apply(spec, change);
  if (applied !== 'configured' || prune === true) return { applied, leftovers: [] };
  const [{ config }, running] = await Promise.all([session.config(), client.status(spec.key)]);
  return { applied, leftovers: leftoversOf(spec, running, config.worker.sinks) };
}

function words(applied: keyof typeof marks, spec: TokenSpec): string {
  return applied === 'started' ? `started → ${plural(spec.sinks.length, 'sink')}` : 'changed';
}
