import {
  isGrpcServiceError,
  NamespaceNotFoundError,
  ServiceError,
  type WorkflowClient,
  type WorkflowHandle,
} from '@temporalio/client';
import { TokenError } from '../core/errors.js';
import { cutOff } from './cut-off.js';
import { grpcCodes } from './grpc-codes.js';

/** How long somebody who met a Temporal that is away is asked to stay away, in ms; the server itself can't tell. */
const comeBackMs = 5_000;
const lookLimitMs = 2_000;

/** What we read of an error of gRPC. Its own type is in a package that ours does not depend on, and would get into our declarations. */
export interface GrpcError {
  readonly code: number;
  readonly details?: string;
  readonly message: string;
}

/** The gRPC error inside what the SDK threw, which wraps most of them in one of its own; null: it is none. */
export function grpcErrorOf(error: unknown): GrpcError | null {
  if (isGrpcServiceError(error)) return error;
  return error instanceof ServiceError && isGrpcServiceError(error.cause) ? error.cause : null;
}

/** Whether Temporal was not reached, or did not answer in time. */
export function isServerAway(error: unknown): boolean {
  const code = grpcErrorOf(error)?.code;
  return code === grpcCodes.unavailable || code === grpcCodes.deadlineExceeded;
}

/** Whether Temporal does not accept the credentials, or does not allow them this. */
export function isDenied(error: unknown): boolean {
  const code = grpcErrorOf(error)?.code;
  return code === grpcCodes.permissionDenied || code === grpcCodes.unauthenticated;
}

/** What the SDK threw, as ours where it is about the server: `ServerUnavailable`, `ServerRefused`, `ConfigInvalid`; all else as it came. */
export function serverErrorOf(error: unknown): unknown {
  if (isServerAway(error)) return serverUnavailable();
  if (error instanceof ServiceError && error.cause instanceof TokenError) return error.cause;
  if (error instanceof NamespaceNotFoundError) return noNamespace(error.namespace);
  return isDenied(error) ? new TokenError('ServerRefused', 'Temporal does not allow this') : error;
}

/** Temporal does not have the namespace. */
export function noNamespace(namespace: string): TokenError {
  return new TokenError('ConfigInvalid', `Temporal has no namespace ${JSON.stringify(namespace)}`, {
    do: 'correct --namespace, TEMPORAL_NAMESPACE or the profile; or: temporal operator namespace create',
  });
}

/** Whether what was asked for is not there. */
export const isNotFound = (error: unknown): boolean => grpcErrorOf(error)?.code === grpcCodes.notFound;

/** Temporal does not answer; with a time to come back. */
export function serverUnavailable(): TokenError {
  return new TokenError('ServerUnavailable', 'Temporal does not answer', { retryAfterMs: comeBackMs });
}

/** A quick look: a call that was cut off tells nothing about who was slow. */
export function isServing(client: Pick<WorkflowClient, 'withDeadline' | 'workflowService'>): Promise<boolean> {
  return answers(client, () => client.workflowService.getSystemInfo({}));
}

/** Whether the server can tell of a workflow: one whose database is away, or has no room, answers all else, and the SDK retries this. */
export function isTelling({ client, workflowId }: WorkflowHandle): Promise<boolean> {
  const { namespace } = client.options;
  const execution = { workflowId };
  return answers(client, () => client.workflowService.describeWorkflowExecution({ namespace, execution }));
}

async function answers(client: Pick<WorkflowClient, 'withDeadline'>, call: () => Promise<unknown>): Promise<boolean> {
  const answered = client.withDeadline(Date.now() + lookLimitMs, call).then(
    () => true,
    // Who refuses is there.
    (error: unknown) => !isServerAway(error),
  );
  return (await cutOff(answered, lookLimitMs)) === true;
}
