import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { TokenError } from '../core/errors.js';
import { noTemporalRemedy } from '../core/remedies.js';
import { isOnThisMachine, withoutProxy } from '../common/this-machine.js';
import { stoppableRetries } from './retries.js';
import { isDenied } from './server-errors.js';
import type { TlsSettings } from './tls-look.js';
import { findTlsTrouble } from './tls-trouble.js';
import { clientSpans } from './spans.js';

type Options = ConnectionOptions & { readonly address: string };

/** A connection, and how to end it together with the retries of its calls. */
export interface OpenConnection {
  readonly connection: Connection;
  readonly close: () => Promise<void>;
}

/**
 * Opens a client's connection, and finds out why where that fails.
 * @throws TokenError `ConfigInvalid` for certificates that cannot be used, `ServerUnavailable`, `ServerRefused`
 */
export async function openConnection(options: Options): Promise<OpenConnection> {
  const opened = openLazily(options);
  try {
    await untilConnected(opened.connection, options);
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Opens a client's connection that contacts the server at its first call. @throws TokenError `ConfigInvalid` for certificates that cannot be used */
export function openLazily(options: Options): OpenConnection {
  const retries = stoppableRetries();
  const direct = isOnThisMachine(options.address) ? withoutProxy : {};
  const connection = withUsableTls(() =>
    Connection.lazy({ ...options, ...direct, interceptors: [retries.interceptor] }),
  );
  const close = (): Promise<void> => {
    retries.stop();
    return connection.close();
  };
  return { connection, close };
}

/** The error where nothing answers on an address. */
export function unreachable(address: string): TokenError {
  return new TokenError('ServerUnavailable', `Temporal does not answer on ${address}`, {
    do: noTemporalRemedy,
  });
}

/** gRPC keeps trying for ten seconds and then gives no reason: a TLS problem that our own look finds meanwhile is reported at once. */
async function untilConnected(connection: Connection, options: Options): Promise<void> {
  const { address } = options;
  const tls = tlsOf(options);
  const connected = new AbortController();
  // Without TLS, a slow server is left alone until gRPC has given up.
  const trouble = tls === null ? [] : [troubleWhile(connected.signal, address, tls)];
  try {
    await Promise.race([connection.ensureConnected(), ...trouble]);
  } catch (error) {
    if (error instanceof TokenError) throw error;
    if (isDenied(error))
      throw new TokenError('ServerRefused', `Temporal on ${address} does not accept the credentials`);
    throw (await findTlsTrouble(address, tls)) ?? unreachable(address);
  } finally {
    connected.abort();
  }
}

/** Rejects with the trouble that a look finds; otherwise it never settles. */
function troubleWhile(signal: AbortSignal, address: string, tls: TlsSettings): Promise<never> {
  return new Promise((_, reject) => {
    sleep(clientSpans.tlsLookAfterMs, undefined, { signal })
      .then(() => findTlsTrouble(address, tls, 'said'))
      .then((trouble) => trouble !== null && reject(trouble))
      // Connected meanwhile.
      .catch(() => {});
  });
}

/** As in the SDK: an API key implies TLS unless that is switched off. */
function tlsOf({ tls, apiKey }: ConnectionOptions): TlsSettings | null {
  const given = tls ?? apiKey !== undefined;
  return typeof given === 'object' ? given : given ? {} : null;
}

/** OpenSSL's errors about certificates may quote them, so they are replaced. */
function withUsableTls<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith('ERR_OSSL_')) throw error;
    throw new TokenError('ConfigInvalid', 'the certificate for Temporal cannot be used, or the key is not its own', {
      do: 'correct TEMPORAL_TLS_*, or tls in a profile of temporal.toml: PEM, and a key that belongs to the certificate',
    });
  }
}
