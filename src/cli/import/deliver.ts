import type { UpdateAnswer } from '../../client/requests.js';
import { isErrorCode, TokenError } from '../../core/errors.js';
import type { Session } from '../session.js';

/** How many sinks have a value; null: no workflow keeps the token yet, one will adopt it at its start. */
export type DeliveredSinks = { readonly acknowledged: number; readonly total: number } | null;

/** What became of a token that was stored. */
export interface ImportOutcome {
  readonly sinks: DeliveredSinks;
  /** Why it was not delivered. */
  readonly error: TokenError | null;
}

/** What to do where no workflow keeps a value that was stored. */
export const keepIt = 'tokenkeeper up, or apply where Temporal and a worker run';

const notInSinks = 'it is in the vault, not in its sinks';

/**
 * Lets a workflow that runs already adopt what the vault holds now.
 * @param isKept - the vault knows of a workflow: it looks at the vault once a day, so that whoever can't reach it has to be told
 * @throws TokenError `RequestRefused`, `ServerRefused`; `ServerUnavailable` where one keeps it; `VaultMismatch` where that one has another vault
 */
export async function deliverImported(
  session: Session,
  key: string,
  { vaultId, isKept }: { readonly vaultId: string; readonly isKept: boolean },
  reason = 'Imported',
): Promise<DeliveredSinks> {
  try {
    const client = await session.client();
    const answer = await client.deliver(key, { reason, signal: session.io.stop });
    if (answer.status === 'failed') throw notAdopted(answer);
    const { acknowledged, total, vaultId: kept } = await client.status(key);
    if (kept !== null && kept !== vaultId) throw keptElsewhere(kept, vaultId);
    return { acknowledged, total };
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    if (error.code === 'NotKept' || (error.code === 'ServerUnavailable' && !isKept)) return null;
    if (error.code !== 'ServerUnavailable') throw error;
    throw new TokenError(error.code, `${notInSinks}: ${error.message}`, {
      do: `${error.do}; then: tokenkeeper deliver KEY`,
    });
  }
}

/** The workflow of that key belongs to another keeper, which delivered what it holds: a demo beside this one, or another namespace's. */
function keptElsewhere(kept: string, here: string): TokenError {
  return new TokenError(
    'VaultMismatch',
    `${notInSinks}: another vault (${kept}) is kept there than this one (${here})`,
    {
      do: 'name the Temporal of this keeper: --address, --namespace; or use the configuration of that worker',
    },
  );
}

/** The worker did not get to see the value, which is in the vault that opens here. */
function notAdopted({ code, message, do: remedy }: UpdateAnswer): TokenError {
  const known = code !== null && isErrorCode(code) ? code : 'Internal';
  const words = `${notInSinks}: ${message ?? code ?? 'no reason was told'}`;
  return new TokenError(known, words, remedy === undefined ? {} : { do: remedy });
}
