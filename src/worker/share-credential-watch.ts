import type { ActivityDeps } from '../activities/index.js';
import type { ManagedConnections } from '../connections/connections.js';
import { watchCredentials, type CredentialWatch } from './watch-credentials.js';

interface Shared {
  readonly watch: CredentialWatch;
  users: number;
}

const watches = new WeakMap<object, Shared>();

/**
 * Watches a worker's own credentials, by the configuration of its connections. Workers of one process that share connections, and a plugin
 * that is registered twice, share the watch, so that each warning is sent once.
 * @returns how to leave the watch, which ends with the last to leave; null where the connections have no configuration
 */
export function joinCredentialWatch({ connections, log, now }: ActivityDeps): { leave(): Promise<void> } | null {
  if (!isManaged(connections)) return null;
  const shared = watches.get(connections) ?? { watch: watchCredentials({ connections, log, now }), users: 0 };
  shared.users++;
  watches.set(connections, shared);
  return {
    async leave() {
      if (--shared.users > 0) return;
      watches.delete(connections);
      await shared.watch.stop();
    },
  };
}

/** Checks now where there is a watch, as after a change of the configuration. */
export function lookAtCredentials(connections: ManagedConnections): void {
  watches.get(connections)?.watch.look();
}

/** A custom `Connections` need not have a configuration. */
function isManaged(connections: ActivityDeps['connections']): connections is ManagedConnections {
  return 'config' in connections;
}
