import type { ActivityDeps } from '../activities/index.js';
import type { ManagedConnections } from '../connections/connections.js';
import { watchCredentials, type CredentialWatch } from './watch-credentials.js';

interface Shared {
  readonly watch: CredentialWatch;
  users: number;
}

const watches = new WeakMap<object, Shared>();

/**
 * Watches the keeper's own credentials of a worker, by the configuration of its connections. Workers of one process that share connections,
 * and a plugin that is registered twice, share the watch: what dies soon is told once.
 * @returns what leaves it, which ends with the last one; null where the connections have no configuration that tells such an end
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

/** Looks now, where somebody watches: after the configuration changed. */
export function lookAtCredentials(connections: ManagedConnections): void {
  watches.get(connections)?.watch.look();
}

/** Somebody's own `Connections` need not know a configuration. */
function isManaged(connections: ActivityDeps['connections']): connections is ManagedConnections {
  return 'config' in connections;
}
