import type { TokenKeeperClient } from '../../client.js';
import type { TokenRow } from '../../client/list.js';
import { byKey } from '../../core/key.js';
import type { TokenSpec } from '../../core/spec.js';
import { failedRow, type ApplyRow } from './apply-row.js';
import { askToRevoke } from '../requests/closing.js';
import { atOnce, eachAnswered, eachOf } from '../requests/concurrently.js';
import { confirm } from '../terminal/confirm.js';
import { leftoversOf, type Leftover } from './left-sinks.js';
import { runningOf, stillKept } from '../requests/running-token.js';
import type { Session } from '../session.js';
import { revokeWords, silenceWords } from '../terminal/words.js';

/** A token, and those of its former sinks that are to be emptied. */
interface Emptying {
  readonly spec: TokenSpec;
  readonly rows: readonly Leftover[];
}

/**
 * Revokes the undeclared tokens, and empties sinks that were removed from the applied ones, whose declaration is in force; asks once,
 * for all of it.
 * @param onDone - called for each token that was handled
 */
export async function prune(
  session: Session,
  client: TokenKeeperClient,
  { undeclared, applied }: { readonly undeclared: readonly TokenRow[]; readonly applied: readonly TokenSpec[] },
  options: { readonly reason?: string; readonly yes?: true },
  onDone: (row: ApplyRow) => void,
): Promise<void> {
  const { config } = await session.config();
  const keys = undeclared.map(({ key }) => key);
  const emptyings = await emptyingsOf(session, client, applied, config.worker.sinks);
  const revokes = keys.length === 0 ? [] : [revokeWords(keys)];
  const empties = emptyings.map(({ spec, rows }) => `empty ${sinksWords(rows)} of ${spec.key}`);
  if (revokes.length + empties.length === 0) return;
  await confirm(session, [...revokes, ...empties].join('; '), options.yes === true);
  const reason = options.reason ?? 'Pruned';
  await eachOf(keys, atOnce, async (key) => {
    try {
      const wasKept = await stillKept(askToRevoke(client, key, { reason, signal: session.io.stop }));
      session.print(`- ${key}  ${wasKept ? 'revocation requested' : 'gone already'}`);
      onDone({ key, action: wasKept ? 'revoked' : 'gone', left: [], error: null });
    } catch (error) {
      if (session.io.stop.aborted) throw error;
      onDone(failedRow(session, key, error));
    }
  });
  for (const { spec, rows } of emptyings) {
    const { key } = spec;
    try {
      await client.apply(spec, { reason, empty: idsOf(rows) });
      session.print(`- ${key}  emptying ${sinksWords(rows)}`);
      onDone({ key, action: 'emptying', left: idsOf(rows), error: null });
    } catch (error) {
      onDone(failedRow(session, key, error));
    }
  }
}

async function emptyingsOf(
  session: Session,
  client: TokenKeeperClient,
  tokens: readonly TokenSpec[],
  connections: Pick<Set<string>, 'has'>,
): Promise<Emptying[]> {
  const found: Emptying[] = [];
  const work = async (spec: TokenSpec): Promise<void> => {
    const running = await runningOf(client, spec.key);
    const rows = running === null ? [] : leftoversOf(spec, running, connections).filter(({ canEmpty }) => canEmpty);
    if (rows.length > 0) found.push({ spec, rows });
  };
  await eachAnswered(tokens, work, { onAgain: (count) => session.warn(silenceWords(count)) });
  return found.toSorted((a, b) => byKey(a.spec, b.spec));
}

/** A sink may have left two places. */
const idsOf = (rows: readonly Leftover[]): string[] => [...new Set(rows.map(({ sink }) => sink))];

function sinksWords(rows: readonly Leftover[]): string {
  const ids = idsOf(rows);
  return `${ids.length === 1 ? 'sink' : 'sinks'} ${ids.join(', ')}`;
}
