import type { TokenKeeperClient } from '../../client.js';
import type { TokenRow } from '../../client/list.js';
import { byKey, environmentOf } from '../../core/key.js';
import type { TokenSpec } from '../../core/spec.js';
import { tellFailed, type ApplyRow } from './apply-row.js';
import { requestRevocation } from '../requests/closing.js';
import { eachAnswered, eachOf } from '../requests/concurrently.js';
import { confirm } from '../terminal/confirm.js';
import { leftoversOf, type Leftover } from './left-sinks.js';
import { runningOf, stillKept } from '../requests/running-token.js';
import type { Session } from '../session.js';
import { revokeWords } from '../terminal/words.js';

/**
 * Tokens that run but are not declared, in environments for which the configuration declares tokens: a staging configuration never prunes
 * production. One that is being revoked already is left out.
 */
export function pruneable(rows: readonly TokenRow[], tokens: readonly TokenSpec[]): TokenRow[] {
  const declared = new Set(tokens.map(({ key }) => key));
  const environments = new Set(tokens.map(({ key }) => environmentOf(key)));
  return rows.filter(
    ({ key, state }) => state !== 'revoked' && !declared.has(key) && environments.has(environmentOf(key)),
  );
}

/** A token, and the ids of those of its former sinks that are to be emptied. */
interface Emptying {
  readonly spec: TokenSpec;
  readonly sinks: readonly string[];
}

/** What is to be pruned, and was allowed. */
export interface Pruning {
  /** Keys of undeclared tokens. */
  readonly revokes: readonly string[];
  readonly empties: readonly Emptying[];
}

/**
 * Asks once for all that these declarations leave behind, before any of them is applied.
 * @throws Failure where it is not allowed
 */
export async function askToPrune(
  session: Session,
  client: TokenKeeperClient,
  { undeclared, declared }: { readonly undeclared: readonly TokenRow[]; readonly declared: readonly TokenSpec[] },
  isAllowed: boolean,
): Promise<Pruning> {
  const revokes = undeclared.map(({ key }) => key);
  const empties = await emptyingsOf(session, client, declared);
  const words = [
    ...(revokes.length === 0 ? [] : [revokeWords(revokes)]),
    ...empties.map(({ spec, sinks }) => `empty ${sinksWords(sinks)} of ${spec.key}`),
  ];
  if (words.length > 0) await confirm(session, words.join('; '), isAllowed);
  return { revokes, empties };
}

/**
 * Revokes undeclared tokens, and empties former sinks of those whose declaration is in force.
 * @param onDone - called for each token that was handled
 */
export async function prune(
  session: Session,
  client: TokenKeeperClient,
  { revokes, empties }: Pruning,
  reason: string,
  onDone: (row: ApplyRow) => void,
): Promise<void> {
  await eachOf(revokes, async (key) => {
    try {
      const wasKept = await stillKept(requestRevocation(client, key, { reason, signal: session.io.stop }));
      session.print(`- ${key}  ${wasKept ? 'revocation requested' : 'gone already'}`);
      onDone({ key, action: wasKept ? 'revoked' : 'gone', left: [], error: null });
    } catch (error) {
      if (session.io.stop.aborted) throw error;
      onDone(tellFailed(session, key, error));
    }
  });
  for (const { spec, sinks } of empties) {
    const { key } = spec;
    try {
      await client.apply(spec, { reason, empty: sinks });
      session.print(`- ${key}  emptying ${sinksWords(sinks)}`);
      onDone({ key, action: 'emptying', left: sinks, error: null });
    } catch (error) {
      onDone(tellFailed(session, key, error));
    }
  }
}

async function emptyingsOf(
  session: Session,
  client: TokenKeeperClient,
  tokens: readonly TokenSpec[],
): Promise<Emptying[]> {
  const { config } = await session.config();
  const found: Emptying[] = [];
  const work = async (spec: TokenSpec): Promise<void> => {
    const running = await runningOf(client, spec.key);
    const left = running === null ? [] : leftoversOf(spec, running, config.worker.sinks);
    const sinks = idsOf(left.filter(({ canEmpty }) => canEmpty));
    if (sinks.length > 0) found.push({ spec, sinks });
  };
  await eachAnswered(session, tokens, work);
  return found.toSorted((a, b) => byKey(a.spec, b.spec));
}

/** A sink may have left two places. */
const idsOf = (rows: readonly Leftover[]): string[] => [...new Set(rows.map(({ sink }) => sink))];

function sinksWords(ids: readonly string[]): string {
  return `${ids.length === 1 ? 'sink' : 'sinks'} ${ids.join(', ')}`;
}
