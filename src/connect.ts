import { once } from 'node:events';
import { connect } from 'node:net';
import { Client, type Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { grpcCodes } from './client/grpc-codes.js';
import { openConnection, openLazily, unreachable } from './client/open-connection.js';
import { grpcErrorOf, serverErrorOf } from './client/server-errors.js';
import { TokenError } from './core/errors.js';

/** Where Temporal is; what is not given comes from TEMPORAL_* and the profile. */
export interface ConnectOptions {
  /** `host:port`; overrides profile and environment. */
  readonly address?: string | undefined;
  readonly namespace?: string | undefined;
  /** Profile of temporal.toml; default: TEMPORAL_PROFILE, then `default`. */
  readonly profile?: string | undefined;
  /** `host:port` where nothing else says one; default `127.0.0.1:7233`. */
  readonly fallbackAddress?: string | undefined;
  readonly env?: Record<string, string | undefined> | undefined;
  /** `address` is a server of our own: what profiles and TEMPORAL_* say of somebody's cluster does not hold for it. */
  readonly own?: boolean | undefined;
}

/** A client's way to Temporal. */
export interface Connected {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
  readonly address: string;
  close(): Promise<void>;
}

/** The address, namespace, TLS and API key that profiles of temporal.toml and TEMPORAL_* say. */
export function resolveServer({
  address,
  namespace,
  profile,
  fallbackAddress,
  env = process.env,
  own,
}: ConnectOptions) {
  if (own === true && address !== undefined) {
    return { connectionOptions: { address }, namespace: namespace ?? 'default' };
  }
  // An empty variable is one that a script meant to unset.
  const overrideEnvVars = Object.fromEntries(Object.entries(env).flatMap(([k, v]) => (v ? [[k, v]] : [])));
  const config = loadProfile(profile, overrideEnvVars);
  return {
    connectionOptions: {
      ...config.connectionOptions,
      address: address ?? config.connectionOptions.address ?? fallbackAddress ?? '127.0.0.1:7233',
    },
    namespace: namespace ?? config.namespace ?? 'default',
  };
}

/** What the loader says may quote the file, and with it a key. */
function loadProfile(profile: string | undefined, overrideEnvVars: Record<string, string>) {
  try {
    return loadClientConnectConfig({ ...(profile === undefined ? {} : { profile }), overrideEnvVars });
  } catch (error) {
    const name = profile ?? overrideEnvVars['TEMPORAL_PROFILE'] ?? 'default';
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== undefined && path !== undefined) {
      // A certificate, a key, or the file of the profiles itself.
      throw new TokenError('ConfigInvalid', `${path} of Temporal’s profile ${JSON.stringify(name)}: ${code}`, {
        do: 'correct its path in temporal.toml or TEMPORAL_*, or let this user read it',
      });
    }
    throw new TokenError('ConfigInvalid', `Temporal’s profile ${JSON.stringify(name)} cannot be read`, {
      do: 'correct --profile, TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE or temporal.toml: it is missing there, or not TOML',
    });
  }
}

/** What a client's connection is made with. */
export interface ConnectClientOptions extends ConnectOptions {
  /**
   * Look for the server at the first call, not now: a job that begins while Temporal is away still gets its token, from the vault, and
   * hears `ServerUnavailable` only where it has to ask Temporal. Default: false.
   */
  readonly lazy?: boolean | undefined;
}

/** Connects a client. @throws TokenError `ConfigInvalid`; unless it is lazy `ServerUnavailable`, `ServerRefused` */
export async function connectClient(options: ConnectClientOptions = {}): Promise<Connected> {
  const { connectionOptions, namespace } = resolveServer(options);
  const { address } = connectionOptions;
  const isLazy = options.lazy === true;
  if (!isLazy && (await isRefused(address))) throw unreachable(address);
  const { connection, close } = isLazy ? openLazily(connectionOptions) : await openConnection(connectionOptions);
  return {
    client: new Client({ connection, namespace }),
    connection,
    namespace,
    address,
    close,
  };
}

/** Whether nobody listens on an address of this machine: gRPC would go on trying for ten seconds. */
async function isRefused(address: string): Promise<boolean> {
  const [, host, port] = /^(127\.[\d.]+|localhost|\[::1\]):(\d+)$/.exec(address) ?? [];
  if (host === undefined) return false;
  if (Number(port) > 65_535) return true;
  const socket = connect({ host: host.replace(/[[\]]/g, ''), port: Number(port) });
  try {
    await once(socket, 'connect');
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}

/**
 * Names the cluster in the records' owner; `unknown` where it does not tell us, which holds for every worker with the same permissions: it
 * has no such call (the time-skipping test server), or denies it (to a role in a namespace alone, as the server's default authorizer does).
 * @throws TokenError `ServerUnavailable`, `ServerRefused`: one bad moment would make this worker another owner
 */
export async function clusterIdOf(connection: Pick<Connection, 'workflowService'>): Promise<string> {
  try {
    const info = await connection.workflowService.getClusterInfo({});
    return info.clusterId || 'unknown';
  } catch (error) {
    const code = grpcErrorOf(error)?.code;
    if (code === grpcCodes.unimplemented || code === grpcCodes.permissionDenied) return 'unknown';
    throw serverErrorOf(error);
  }
}
