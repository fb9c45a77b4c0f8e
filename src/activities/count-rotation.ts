import { CancelledFailure } from '@temporalio/common';
import { errorKind, type ErrorCode } from '../core/errors.js';
import type { RefreshResult } from '../core/lifecycle/events.js';
import { asTokenError } from '../core/unexpected.js';
import type { Attempt } from './attempt.js';
import type { ActivityDeps } from './deps.js';
import type { RefreshInput } from './inputs.js';
import { refresh } from './refresh.js';
import type { RotationResult } from './rotation.js';

/** Ends of an attempt that asked the provider for nothing: it was cancelled, or another attempt does the work and is counted. */
const uncounted: ReadonlySet<ErrorCode> = new Set(['Cancelled', 'IntentOpen', 'AttemptLost', 'Conflict']);

/** {@link refresh}, and reports its end to `deps.onRotation`. */
export async function refreshAndCount(
  deps: ActivityDeps,
  input: RefreshInput,
  attempt: Attempt,
): Promise<RefreshResult> {
  try {
    const refreshed = await refresh(deps, input, attempt);
    // A value found fine, or adopted, is no new generation.
    if (refreshed.outcome === 'issued') tell(deps, input, 'issued');
    return refreshed;
  } catch (error) {
    const result = failureOf(error);
    if (result !== null) tell(deps, input, result);
    throw error;
  }
}

function failureOf(error: unknown): RotationResult | null {
  if (error instanceof CancelledFailure) return null;
  const { code } = asTokenError(error);
  return uncounted.has(code) ? null : `failed_${errorKind(code)}`;
}

/** An error in the counter must not fail the attempt. */
function tell(deps: ActivityDeps, { spec }: RefreshInput, result: RotationResult): void {
  try {
    deps.onRotation?.({ issuer: spec.issuer, result });
  } catch {
    deps.log.warn('onRotation threw', { key: spec.key });
  }
}
