import { environmentOf } from '../core/key.js';
import type { Attempt } from './attempt.js';
import { withTimeout } from '../common/awaiting.js';
import type { ActivityDeps } from './deps.js';
import type { NotifyInput } from './inputs.js';
import { timings } from '../core/timings.js';

/** Notifies people. Retried until everybody who asked was notified. */
export async function notify(deps: ActivityDeps, input: NotifyInput, attempt: Attempt): Promise<void> {
  const { spec, event, state, reason, message } = input;
  // Not the time of this attempt: receivers recognize a repeat by it.
  const at = new Date(input.since).toISOString();
  const expiresAt = input.expiresAt === null ? null : new Date(input.expiresAt).toISOString();
  await withTimeout(
    timings.noticeMs,
    { code: 'SinkUnavailable', message: `notice ${event}: no answer within ${timings.noticeMs / 1000} s` },
    (signal) =>
      deps.connections.notify(
        {
          event,
          key: spec.key,
          owner: spec.owner,
          environment: environmentOf(spec.key),
          state,
          reason,
          message,
          do: input.do,
          runbook: spec.runbook,
          expiresAt,
          at,
        },
        signal,
      ),
    attempt.cancelled,
  );
}
