import type { Connection } from '@temporalio/client';
import { isNotFound, noNamespace } from './server-errors.js';

/** Asks the server about a namespace. @throws TokenError `ConfigInvalid` where it has none of that name; the SDK's otherwise */
export function describeNamespace({ workflowService }: Pick<Connection, 'workflowService'>, namespace: string) {
  return workflowService.describeNamespace({ namespace }).catch((error: unknown) => {
    throw isNotFound(error) ? noNamespace(namespace) : error;
  });
}
