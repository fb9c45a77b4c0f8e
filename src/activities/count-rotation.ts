import { CancelledFailure } from '@temporalio/common';
import { errorKind, type ErrorCode } from '../core/errors.js';
import type { RefreshResult } from '../core/events.js';
import { asTokenError } from '../core/unexpected.js';
import type { Attempt } from './attempt.js';
import type { ActivityDeps } from './deps.js';
import type { RefreshInput } from './inputs.js';
import { refresh } from './refresh.js';
import type { RotationResult } from './rotation.js';

/** These end an attempt that asked for nothing: it was called off, or another one does the work and is counted there. */
const uncounted: ReadonlySet<ErrorCode> = new Set(['Cancelled', 'IntentOpen', 'AttemptLost', 'Conflict']);

/** {@link refresh}, whose end is told to `deps.onRotation`. */
export async function refreshAndCount(
  deps: ActivityDeps,
  input: RefreshInput,
  attempt: Attempt,
): Promise<RefreshResult> {
  try {
    const refreshed = await refresh(deps, input, attempt);
    // One that was found fine, or adopted, is no new generation.
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

/** Whoever counts never decides how an attempt ends. */
function tell(deps: ActivityDeps, { spec }: RefreshInput, result: RotationResult): void {
  try {
    deps.onRotation?.({ issuer: spec.issuer, result });
  } catch {
    deps.log.warn('onRotation threw', { key: spec.key });
  }
}
