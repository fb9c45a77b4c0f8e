/** How an attempt at a new generation may end: issued, or failed with an error code of this kind. */
export const rotationResults = ['issued', 'failed_transient', 'failed_waiting', 'failed_person'] as const;

/** One of {@link rotationResults}; a label of a metric. */
export type RotationResult = (typeof rotationResults)[number];

/** An attempt at a new generation that has ended in this worker. */
export interface Rotation {
  /** Name of the issuer connection, from the token's spec: it came through Temporal. */
  readonly issuer: string;
  readonly result: RotationResult;
}
