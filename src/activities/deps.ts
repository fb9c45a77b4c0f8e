import type { Owner } from '../core/record.js';
import type { Log } from '../drivers.js';
import type { Connections } from './connections.js';
import type { Rotation } from './rotation.js';

/** Where a worker may be killed: the points between which the fences have to hold. */
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

/** What the activities need of their host; never a global. */
export interface ActivityDeps {
  readonly connections: Connections;
  /** Unix ms. */
  readonly now: () => number | Promise<number>;
  readonly log: Log;
  /** Cluster and namespace of this worker: who may write a record is told by them and the workflow id. */
  readonly cluster: Omit<Owner, 'workflowId'>;
  /** Is told of each attempt at a new generation that ended here, for metrics. Default: nobody is. */
  readonly onRotation?: ((rotation: Rotation) => void) | undefined;
  /** Tests stop or kill the process here. */
  readonly checkpoint?: ((point: Checkpoint, key: string) => void | Promise<void>) | undefined;
}
