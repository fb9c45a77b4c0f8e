import { credentialNoticeOf } from '../../core/credentials.js';
import type { Session } from '../session.js';
import { spanWords } from '../terminal/time-words.js';
import { bad, good, warning, type Finding } from './finding.js';

/** The keeper's own credentials, which nobody else watches. */
export async function* examineCredentials(session: Session): AsyncGenerator<Finding> {
  const { config } = await session.soundConfig();
  const now = Date.now();
  for (const [name, { credentialExpiresAt }] of config.worker.issuers) {
    if (credentialExpiresAt === null) continue;
    const what = `issuer ${name}`;
    const at = new Date(credentialExpiresAt).toISOString().slice(0, 10);
    const notice = credentialNoticeOf({ issuer: name, expiresAt: credentialExpiresAt }, now);
    if (notice === null) yield good(what, `its credential expires on ${at}`);
    else if (notice.reason === 'Expired') yield bad(what, `its credential expired on ${at}`, notice.do);
    else yield warning(what, `its credential expires on ${at}, in ${spanWords(credentialExpiresAt - now)}`, notice.do);
  }
}
