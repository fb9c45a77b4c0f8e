/** Names that Temporal histories hold. Frozen at release. */
export const workflowType = 'tokenkeeper.tokenLifecycle';

/** Default task queue. */
export const defaultTaskQueue = 'tokenkeeper';

/** Default prefix of workflow ids. */
export const defaultPrefix = 'tokenkeeper';

/** Activities, by their step. */
export const activityNames = {
  refresh: 'tokenkeeper.refresh',
  propagate: 'tokenkeeper.propagate',
  deliver: 'tokenkeeper.deliver',
  retire: 'tokenkeeper.retire',
  empty: 'tokenkeeper.empty',
  reconcile: 'tokenkeeper.reconcile',
  notify: 'tokenkeeper.notify',
  close: 'tokenkeeper.close',
} as const;

/** Requests that nobody waits for. */
export const signalNames = {
  rotate: 'tokenkeeper.rotate',
  pause: 'tokenkeeper.pause',
  resume: 'tokenkeeper.resume',
  revoke: 'tokenkeeper.revoke',
  forget: 'tokenkeeper.forget',
} as const;

/** Requests that are answered. */
export const updateNames = {
  rotateNow: 'tokenkeeper.rotateNow',
  reportFailure: 'tokenkeeper.reportFailure',
  reauthorize: 'tokenkeeper.reauthorize',
  configure: 'tokenkeeper.configure',
  deliver: 'tokenkeeper.deliver',
  acknowledge: 'tokenkeeper.acknowledge',
} as const;

/** The one query; answers a `Status`. */
export const statusQueryName = 'tokenkeeper.status';

/** The error of a query that arrived before the workflow task it depends on (see `noteTask`). Asked again, it answers. People see it in the Web UI. */
export const untimedMessage = 'tokenkeeper: something came whose workflow task is still ahead, ask again';

/** Search attributes and their types, behind a prefix that is `TokenKeeper` by default. */
export const searchAttributeTypes = {
  State: 'KEYWORD',
  Environment: 'KEYWORD',
  Issuer: 'KEYWORD',
  Owner: 'KEYWORD',
  Sinks: 'KEYWORD',
  Generation: 'INT',
  ExpiresAt: 'DATETIME',
  RenewAt: 'DATETIME',
} as const;

/** Default prefix of search attributes. */
export const defaultSearchAttributePrefix = 'TokenKeeper';
