import type { Connection } from '@temporalio/client';
import { isNotFound, noNamespace } from './server-errors.js';

/** Asks the server about a namespace. @throws TokenError `ConfigInvalid` where it has none of that name; the SDK's otherwise */
export async function describeNamespace({ workflowService }: Connection, namespace: string): Promise<void> {
  await workflowService.describeNamespace({ namespace }).catch((error: unknown) => {
    throw isNotFound(error) ? noNamespace(namespace) : error;
  });
}
