import { resultsInOrder } from '../requests/concurrently.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/words.js';
import { examineCredentials } from './credentials.js';
import { bad, good, type Finding } from './finding.js';
import { examineNotify } from './notify.js';
import { examineServer } from './server.js';
import { examineSharedFiles } from './shared-files.js';
import { examineHolders, examineToken } from './token.js';
import { examineVault } from './vault.js';

/** Checks everything that tokens need, from here; changes nothing. */
export async function* examine(session: Session): AsyncGenerator<Finding> {
  const { config, modules } = await session.soundConfig();
  const { vaults, issuers, sinks, problems } = config.worker;
  const connections = plural(vaults.size + issuers.size + sinks.size, 'connection');
  for (const problem of problems) {
    const place = `${problem.file}:${problem.line}:${problem.column}`;
    yield bad(problem.path || 'configuration', `${place} ${problem.message} (${problem.code})`, problem.do);
  }
  yield good('configuration', `${plural(config.tokens.length, 'token')}, ${connections}`);
  for (const { specifier, drivers } of modules) yield good(`drivers ${specifier}`, drivers.join(', '));
  const isServed = yield* examineServer(session);
  for (const name of vaults.keys()) yield await examineVault(session, name);
  yield* examineCredentials(session);
  yield* examineNotify(session);
  // A sink can only be checked with the token's own vault: with another one, our own values would look like somebody else's.
  const elsewhere = isServed ? yield* examineHolders(session) : new Set<string>();
  const here = config.tokens.filter(({ key }) => !elsewhere.has(key));
  for await (const findings of resultsInOrder(here, (spec) => examineToken(session, spec))) yield* findings;
  yield* examineSharedFiles(session);
}
