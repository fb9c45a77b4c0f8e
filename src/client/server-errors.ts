import {
  isGrpcServiceError,
  NamespaceNotFoundError,
  ServiceError,
  type WorkflowClient,
  type WorkflowHandle,
} from '@temporalio/client';
import { ValueError } from '@temporalio/common';
import { TokenError } from '../core/errors.js';
import { grpcCodes } from './grpc-codes.js';
import { quickLook } from './quick-look.js';
import { clientSpans } from './spans.js';

/** The part of a gRPC error that we read. Its own type is in a package that ours does not depend on, and would get into our declarations. */
export interface GrpcError {
  readonly code: number;
  readonly details?: string;
  readonly message: string;
}

/** The gRPC error inside an error of the SDK, which wraps most of them; null: none. */
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

/** An SDK error as one of ours where it is about the server: `ServerUnavailable`, `ServerRefused`, `ConfigInvalid`; any other unchanged. */
export function serverErrorOf(error: unknown): unknown {
  if (isServerAway(error)) return serverUnavailable();
  if (error instanceof ServiceError && error.cause instanceof TokenError) return error.cause;
  if (error instanceof NamespaceNotFoundError) return noNamespace(error.namespace);
  if (error instanceof ValueError && error.message.startsWith('Unknown encoding')) return encodedOtherwise();
  const grpc = grpcErrorOf(error);
  if (grpc?.code === grpcCodes.invalidArgument && /search attribute/i.test(grpc.details ?? grpc.message))
    return noSearchAttributes(grpc.details ?? grpc.message);
  return isDenied(error) ? new TokenError('ServerRefused', 'Temporal does not allow this') : error;
}

/** The error for an answer that the SDK's payload converter cannot read. The request itself may have been carried out. */
function encodedOtherwise(): TokenError {
  return new TokenError('ConfigInvalid', 'the answer is encoded by a payload codec that this client does not have', {
    do: 'give TokenKeeperClient a client with the data converter of the worker; the command line has none: run the worker without a codec, since no secret passes through Temporal',
  });
}

/** The error for search attributes that a client was told of, and that its namespace lacks. @param details - the server's own words */
function noSearchAttributes(details: string): TokenError {
  return new TokenError('ConfigInvalid', details, {
    do: 'have tokenkeeper apply, or a namespace admin, register them there; or give TokenKeeperClient searchAttributes: null',
  });
}

/** The error for a namespace that Temporal does not have. */
export function noNamespace(namespace: string): TokenError {
  return new TokenError('ConfigInvalid', `Temporal has no namespace ${JSON.stringify(namespace)}`, {
    do: 'correct --namespace, TEMPORAL_NAMESPACE or the profile; or: temporal operator namespace create',
  });
}

/** Whether an error says that something was not found. */
export const isNotFound = (error: unknown): boolean => grpcErrorOf(error)?.code === grpcCodes.notFound;

/** The error where Temporal does not answer; says when to try again. */
export function serverUnavailable(): TokenError {
  return new TokenError('ServerUnavailable', 'Temporal does not answer', { retryAfterMs: clientSpans.comeBackMs });
}

/** Asks quickly whether Temporal answers at all: a call that was cut off does not tell who was slow. */
export function isServing(client: Pick<WorkflowClient, 'withDeadline' | 'workflowService'>): Promise<boolean> {
  return answers(client, () => client.workflowService.getSystemInfo({}));
}

/** Whether the server can read a workflow: with its database down or full it answers other calls, and the SDK retries this one. */
export function isTelling({ client, workflowId }: WorkflowHandle): Promise<boolean> {
  const { namespace } = client.options;
  const execution = { workflowId };
  return answers(client, () => client.workflowService.describeWorkflowExecution({ namespace, execution }));
}

async function answers(client: Pick<WorkflowClient, 'withDeadline'>, call: () => Promise<unknown>): Promise<boolean> {
  const answered = await quickLook(client, () =>
    call().then(
      () => true,
      // A server that refuses is there.
      (error: unknown) => !isServerAway(error),
    ),
  );
  return answered === true;
}
