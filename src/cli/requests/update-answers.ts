import type { UpdateAnswer } from '../../client/requests.js';
import { namedRemedy, remedyFor } from '../../core/remedies.js';
import { isErrorCode } from '../../core/errors.js';
import { refusalWords } from '../../core/lifecycle/refusals.js';
import { exitCodes } from '../exit-codes.js';
import { Failure } from '../report.js';

/**
 * Checks the answer of a request that waited for a new generation.
 * @param failure - what holds it up, with its colon, or empty
 * @throws Failure where none came, with 124 where it may still come
 */
export function requireRotated(key: string, answer: UpdateAnswer, failure = ''): void {
  if (answer.status === 'stale') throw staleFailure(key, answer.generation);
  if (answer.status === 'pending') {
    throw new Failure(exitCodes.timedOut, `${key} is still being rotated${failure}`, `tokenkeeper status ${key}`);
  }
  if (answer.status === 'failed') throw failedAnswer(key, 'rotate', 'was not rotated', answer);
}

/** The failure of a request whose step failed. @param what - what did not happen */
export function failedAnswer(key: string, verb: string, what: string, answer: UpdateAnswer): Failure {
  const code = answer.code ?? 'Internal';
  const refusal = refusalWords(verb, code);
  const says = isErrorCode(code) ? 'no reason was told' : refusal.says;
  // As in `status`: for an issue that waits for a sink the remedy is another rotate, not a delivery.
  const remedy = remedyFor({ code, do: answer.do }, key) ?? refusal.do;
  return new Failure(exitCodes.failed, `${key} ${what}: ${answer.message ?? says}`, namedRemedy(remedy, key), code);
}

/** The failure of a request for an older generation. */
export function staleFailure(key: string, generation: number): Failure {
  const message = `${key} is on generation ${generation} already`;
  return new Failure(exitCodes.failed, message, `tokenkeeper status ${key}`, 'Stale');
}
