import type { NamespaceIds } from '../core/record/record.js';
import type { Log } from '../drivers.js';
import type { Connections } from './connections.js';
import type { Rotation } from './rotation.js';

/** Points at which tests kill a worker: the fences have to hold between any two of them. */
export type Checkpoint =
  | 'before-begin'
  | 'after-begin'
  | 'before-send'
  | 'after-response'
  | 'after-stage'
  | 'after-verify'
  | 'after-promote'
  | 'before-sink'
  | 'after-sink'
  | 'before-completion';

/** What the activities need from their host; never a global. */
export interface ActivityDeps {
  readonly connections: Connections;
  /** Unix ms. */
  readonly now: () => number | Promise<number>;
  readonly log: Log;
  /**
   * The namespace of this worker, from `namespaceIdsOf`: with the workflow id it tells who may write a record. A function is asked for each
   * attempt: where Temporal loses its database, a worker that goes on is one of another namespace.
   */
  readonly namespace: NamespaceIds | (() => Promise<NamespaceIds>);
  /** Called for each attempt at a new generation that ended here, for metrics. Default: none. */
  readonly onRotation?: ((rotation: Rotation) => void) | undefined;
  /** Tests stop or kill the process here. */
  readonly checkpoint?: ((point: Checkpoint, key: string) => void | Promise<void>) | undefined;
}
