import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenKeeperClient } from '../src/client.js';
import type { TokenRow } from '../src/client/list.js';
import { TokenError, type ErrorCode } from '../src/core/errors.js';
import type { Headline } from '../src/core/lifecycle/headline.js';
import type { Problem } from '../src/core/lifecycle/state.js';
import type { TokenSpec } from '../src/core/spec.js';
import { beginAnew } from './prepare.js';

/** What the demo waits for, and what it may do meanwhile. */
export interface Awaited {
  readonly client: Pick<TokenKeeperClient, 'list' | 'status' | 'reauthorize'>;
  readonly specs: readonly TokenSpec[];
  /** Gives a new first grant, as a person's consent would. */
  readonly consent: () => Promise<void>;
  readonly tell: (line: string) => void;
  /** Aborted to stop. */
  readonly asked: AbortSignal;
}

const aliveLimitMs = 60_000;
/** Lost answers and ended grants: only a new consent helps. */
const endedGrants = new Set<string>(['OutcomeUnknown', 'InvalidGrant'] satisfies ErrorCode[]);
/** The states that may hide one. */
const needy = new Set<string>(['expired', 'outcome-unknown', 'needs-attention'] satisfies Headline[]);

/**
 * Waits until every token has a living value: at a second start all may have expired meanwhile. Where one needs a person's consent, the
 * demo gives it, once: a worker killed in the middle of a redemption leaves such a token behind.
 * @throws TokenError `ServerUnavailable`, with the problem of each token that has none
 */
export async function untilAlive({ client, specs, consent, tell, asked }: Awaited): Promise<void> {
  const deadline = Date.now() + aliveLimitMs;
  const consented = new Set<string>();
  for (;;) {
    const rows = new Map((await client.list()).map((row) => [row.key, row]));
    for (const { key } of specs) {
      if (consented.has(key) || !needy.has(rows.get(key)?.state ?? '')) continue;
      const problem = await problemOf(client, key);
      if (problem === null || !endedGrants.has(problem.code)) continue;
      consented.add(key);
      await consent();
      await client.reauthorize(key, { reason: 'Consented' });
      tell(`${key} needed a person: ${problem.message}; consent given anew`);
    }
    const waiting = specs.filter(({ key }) => !isAlive(rows.get(key)));
    if (waiting.length === 0) return;
    if (Date.now() > deadline) {
      const seen = await Promise.all(waiting.map(({ key }) => describe(client, key, rows.get(key))));
      throw new TokenError('ServerUnavailable', `tokens did not come alive: ${seen.join(', ')}`, {
        do: `see .tokenkeeper/worker.log, or ${beginAnew}`,
      });
    }
    await sleep(200, undefined, { signal: asked });
  }
}

function isAlive(row: TokenRow | undefined): boolean {
  if (row?.generation == null || row.generation === 0) return false;
  return row.expiresAt === null || Date.parse(row.expiresAt) > Date.now();
}

async function describe(client: Awaited['client'], key: string, row: TokenRow | undefined): Promise<string> {
  const problem = await problemOf(client, key);
  return `${key} is ${row?.state ?? 'not there'}${problem === null ? '' : ` (${problem.message})`}`;
}

/** Null: none, or its worker does not answer yet. */
async function problemOf(client: Awaited['client'], key: string): Promise<Problem | null> {
  try {
    return (await client.status(key)).problem;
  } catch (error) {
    if (error instanceof TokenError) return null;
    throw error;
  }
}
