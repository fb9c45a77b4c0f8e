import { declaredToken } from '../config/config.js';
import { formatProblem, isAbout } from '../config/problems.js';
import { environmentOf } from '../core/key.js';
import type { Tokens } from '../runtime.js';
import type { Vault } from '../vaults/vault.js';
import type { Session } from './session.js';
import { plural } from './terminal/words.js';

/** The vault of a key. @throws TokenError `PolicyDenied`, and those of the vault */
export async function vaultOf(session: Session, key: string): Promise<Vault> {
  const [{ config }, connections, { vaultNameOf }] = await opened(session);
  return connections.vault(vaultNameOf(config, key), environmentOf(key));
}

/**
 * The tokens in the vaults, of which `keys` will be asked for. They are only read here, each time anew, not used, so no failure is ever
 * reported. Needs no Temporal. @throws ConfigProblems where the declaration of one was left out
 */
export async function storedTokens(session: Session, keys: readonly string[]): Promise<Tokens> {
  const [{ config }, connections, { createTokens }] = await opened(session);
  // Before they are read: of an error then only the words come through.
  for (const key of keys) declaredToken(config, key);
  return createTokens({ config, connections, client: noReports, cacheMs: 0 });
}

const noReports = {
  reportFailure: (): Promise<never> => Promise.reject(new Error('commands report nothing')),
};

/** Loaded late: most commands open no vaults. */
const opened = (session: Session) =>
  Promise.all([session.soundConfig(), session.connections(), import('../tokens.js')]);

/** Tells a job that has its values of what is wrong elsewhere: who has to mend it may not look at anything else. */
export async function tellProblems(session: Session): Promise<void> {
  const [first, ...others] = (await session.soundConfig()).config.worker.problems.filter(
    (problem) => !isAbout(problem, 'drivers'),
  );
  if (first === undefined) return;
  const more = others.length === 0 ? '' : `, and ${plural(others.length, 'problem')} more`;
  session.warn(`${formatProblem(first).split('\n')[0]}${more}; not needed here: tokenkeeper doctor tells what to do`);
}
