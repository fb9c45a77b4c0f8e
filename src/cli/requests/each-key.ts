import { exitCodes } from '../exit-codes.js';
import { withNearestKey } from '../nearest-key.js';
import { report } from '../report.js';
import type { Session } from '../session.js';

/**
 * Does the same for every token that a command names, one after the other. One that fails keeps no other from its turn: of ten leaked tokens,
 * the tenth must not live on because the first has ended already.
 * @param onFailure - called with the error of a token, as it is told
 * @returns the exit code: of the first failure; each failure has been told by then
 * @throws the error itself where it is the only token's, or the command is stopped
 */
export async function eachKey(
  session: Session,
  keys: readonly string[],
  work: (key: string) => Promise<void>,
  onFailure: (key: string, error: unknown) => void = () => {},
): Promise<number> {
  let exitCode: number = exitCodes.ok;
  for (const key of keys) {
    session.key = key;
    try {
      await work(key);
    } catch (error) {
      // Ctrl-C ends a wait, not what was requested: how that comes out is not known.
      if (session.io.stop.aborted) throw error;
      const told = await withNearestKey(error, session, key);
      onFailure(key, told);
      if (keys.length === 1) throw error;
      const code = report(told, session.io, key);
      if (exitCode === exitCodes.ok) exitCode = code;
    }
  }
  return exitCode;
}
