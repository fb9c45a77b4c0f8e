import type { CredentialNotification } from '../activities/connections.js';
import type { ManagedConnections } from '../connections/connections.js';
import type { WorkerConfig } from '../config/config.js';
import { withTimeout } from '../common/awaiting.js';
import { credentialNotices, type CredentialNotice, type KeeperCredential } from '../core/credentials.js';
import { asTokenError } from '../core/unexpected.js';
import type { Log } from '../drivers.js';
import { timings } from '../core/timings.js';

/** Options of `watchCredentials`. */
export interface CredentialWatchOptions {
  /** Its configuration is read at each look, so that a reloaded one counts. */
  readonly connections: Pick<ManagedConnections, 'notify'> & { readonly config: Issuers };
  readonly log: Log;
  /** Unix ms. */
  readonly now: () => number | Promise<number>;
}

/** Between two looks: far less than between any two thresholds. */
const everyMs = 3_600_000;
/** To the next look after a notification failed. */
const retryMs = 60_000;
const late = { code: 'SinkUnavailable', message: 'no answer in time' } as const;

type Issuers = Pick<WorkerConfig, 'issuers'>;

/** A running watch. */
export interface CredentialWatch {
  /** Looks now: after the configuration changed. */
  look(): void;
  /** Ends it; resolves when a look that is under way is over. */
  stop(): Promise<void>;
}

/**
 * Warns people that one of the keeper's own credentials expires soon, by `credentialExpiresAt` of the issuers. Only this process remembers
 * what it sent: each start, and each worker, sends a present warning once more, with the same id. A Temporal timer could send it once, but
 * connections never leave the worker, and a warning must not wait for a Temporal that is down.
 */
export function watchCredentials(options: CredentialWatchOptions): CredentialWatch {
  const { connections, log, now } = options;
  const stopped = new AbortController();
  const told = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();
  let waitMs = retryMs;

  async function tell(notice: CredentialNotice): Promise<boolean> {
    try {
      const notification = notificationOf(notice, connections.config, await now());
      const notify = (signal: AbortSignal): Promise<void> => connections.notify(notification, signal);
      await withTimeout(timings.noticeMs, late, notify, stopped.signal);
      told.add(notice.id);
      return true;
    } catch (error) {
      const { code } = asTokenError(error);
      if (!stopped.signal.aborted) log.warn('a notice could not be told', { notice: notice.id, code });
      return false;
    }
  }

  async function lookOnce(): Promise<void> {
    if (stopped.signal.aborted) return;
    clearTimeout(timer);
    const isTold = await tellAll();
    if (stopped.signal.aborted) return;
    timer = setTimeout(look, isTold ? everyMs : Math.min(everyMs, waitMs));
    timer.unref();
    waitMs = isTold ? retryMs : Math.min(everyMs, 2 * waitMs);
  }

  async function tellAll(): Promise<boolean> {
    try {
      const due = credentialNotices(credentialsOf(connections.config), await now(), told);
      return (await Promise.all(due.map(tell))).every(Boolean);
    } catch (error) {
      // Of the host's clock or configuration: the next look may go well, and nobody else would end this one.
      log.warn('the credentials could not be looked at', { code: asTokenError(error).code });
      return false;
    }
  }

  function look(): void {
    looking = looking.then(lookOnce);
  }

  look();
  return {
    look() {
      waitMs = retryMs;
      look();
    },
    async stop() {
      stopped.abort();
      clearTimeout(timer);
      await looking;
    },
  };
}

/** Credentials whose expiry is configured. */
function credentialsOf({ issuers }: Issuers): KeeperCredential[] {
  return [...issuers].flatMap(([issuer, { credentialExpiresAt }]) =>
    credentialExpiresAt === null ? [] : [{ issuer, expiresAt: credentialExpiresAt }],
  );
}

function notificationOf(notice: CredentialNotice, config: Issuers, now: number): CredentialNotification {
  const { id, issuer, reason, message, expiresAt } = notice;
  return {
    event: 'credential-expiring',
    id,
    issuer,
    environments: config.issuers.get(issuer)?.environments ?? null,
    reason,
    message,
    do: notice.do,
    expiresAt: new Date(expiresAt).toISOString(),
    at: new Date(now).toISOString(),
  };
}
