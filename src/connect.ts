import { once } from 'node:events';
import { connect } from 'node:net';
import { Client, type Connection } from '@temporalio/client';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { describeNamespace } from './client/describe-namespace.js';
import { grpcCodes } from './client/grpc-codes.js';
import { openConnection, openLazily, unreachable } from './client/open-connection.js';
import { grpcErrorOf, serverErrorOf } from './client/server-errors.js';
import { TokenError } from './core/errors.js';
import { defined } from './core/defined.js';
import type { NamespaceIds } from './core/record/record.js';

/** Where Temporal is; missing options come from TEMPORAL_* and the profile. */
export interface ConnectOptions {
  /** `host:port`; overrides profile and environment. */
  readonly address?: string | undefined;
  readonly namespace?: string | undefined;
  /** Profile of temporal.toml; default: TEMPORAL_PROFILE, then `default`. */
  readonly profile?: string | undefined;
  /** `host:port` where nothing else gives one; default `127.0.0.1:7233`. */
  readonly fallbackAddress?: string | undefined;
  readonly env?: Record<string, string | undefined> | undefined;
  /** `address` is a server of our own, so profiles and TEMPORAL_*, which are about somebody's cluster, are ignored. */
  readonly own?: boolean | undefined;
}

/** A connected client. */
export interface Connected {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
  readonly address: string;
  close(): Promise<void>;
}

/** Written down, since what the compiler infers refers to files within Temporal's packages, which may go. */
interface Server {
  readonly connectionOptions: ClientConnectConfig['connectionOptions'] & { readonly address: string };
  readonly namespace: string;
}

/** The address, namespace, TLS and API key from profiles of temporal.toml and TEMPORAL_*. */
export function resolveServer({
  address,
  namespace,
  profile,
  fallbackAddress,
  env = process.env,
  own,
}: ConnectOptions): Server {
  if (own === true && address !== undefined) {
    return { connectionOptions: { address }, namespace: namespace ?? 'default' };
  }
  // Scripts unset a variable by making it empty.
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

/** The loader's errors may quote the file, and with it a key. */
function loadProfile(profile: string | undefined, overrideEnvVars: Record<string, string>) {
  try {
    return loadClientConnectConfig({ ...defined({ profile }), overrideEnvVars });
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

/** Connects a client. @throws TokenError `ConfigInvalid`; unless it is lazy, `ServerUnavailable`, `ServerRefused` */
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

/** Whether nothing listens on an address of this machine: gRPC would keep trying for ten seconds. */
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
 * The ids of a namespace and its cluster, for the owner in records. A replicated namespace has its id on each of its clusters; a record from
 * before that id was kept has only the cluster's.
 * @throws TokenError `ServerUnavailable`, `ServerRefused`: a passing error must not make this worker another owner; `ConfigInvalid` where
 * there is no such namespace
 */
export async function namespaceIdsOf(
  connection: Pick<Connection, 'workflowService'>,
  namespace: string,
): Promise<NamespaceIds> {
  const [described, cluster] = await Promise.all([
    unlessUntold(describeNamespace(connection, namespace)),
    unlessUntold(connection.workflowService.getClusterInfo({})),
  ]);
  const namespaceId = described?.namespaceInfo?.id;
  return { cluster: cluster?.clusterId || 'unknown', namespace, ...(namespaceId ? { namespaceId } : {}) };
}

/**
 * Null where the server does not tell, the same for every worker with these permissions: it lacks the call (the time-skipping test server
 * tells of no cluster), or denies it (the server's default authorizer tells of the cluster to no role in one namespace).
 */
function unlessUntold<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch((error: unknown) => {
    const code = grpcErrorOf(error)?.code;
    if (code === grpcCodes.unimplemented || code === grpcCodes.permissionDenied) return null;
    throw serverErrorOf(error);
  });
}
