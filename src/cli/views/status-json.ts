import type { TokenStatus } from '../../client/status.js';
import { deliverStepId, emptyStepId } from '../../core/lifecycle/step-ids.js';
import { isoOrNull } from '../terminal/time-words.js';
import type { JsonObjectOf } from './json-fields.js';

/** The output of `status -o json`; instants in ISO 8601. Fields are only ever added. */
export function statusJson(status: TokenStatus) {
  return {
    key: status.key,
    state: status.state,
    generation: status.generation,
    expiresAt: isoOrNull(status.expiresAt),
    renewAt: isoOrNull(status.renewAt),
    owner: status.owner,
    issuer: status.issuer,
    vault: status.vault,
    vaultId: status.vaultId,
    mintable: status.mintable,
    conditions: status.conditions,
    generations: generationsOf(status),
    sinks: sinksOf(status),
    left: leftSinksOf(status),
    acknowledged: status.acknowledged,
    total: status.total,
    problem: status.problem && { ...status.problem, at: isoOrNull(status.problem.at) },
    failures: status.failures,
    retryAt: isoOrNull(status.retryAt),
    pause: status.pause && { ...status.pause, until: isoOrNull(status.pause.until) },
    doubt: status.doubt && { ...status.doubt, until: isoOrNull(status.doubt.until) },
    closing: status.closing && { ...status.closing, at: isoOrNull(status.closing.at ?? null) },
    runbook: status.runbook,
    workflow: { id: status.workflowId, runId: status.runId, revision: status.revision, rules: status.rules },
  } satisfies JsonObjectOf<'status'>;
}

function generationsOf({ current, previous, retires }: TokenStatus) {
  const newest = current && {
    generation: current.generation,
    state: 'current' as const,
    fingerprint: current.fingerprint,
    issuedAt: isoOrNull(current.issuedAt),
    expiresAt: isoOrNull(current.expiresAt),
    verifiedAt: isoOrNull(current.verifiedAt),
    verifiedBy: current.verifiedBy,
  };
  const older = previous.map((one) => ({
    generation: one.generation,
    state: 'previous' as const,
    fingerprint: one.fingerprint,
    expiresAt: isoOrNull(one.expiresAt),
    retires: one.retires ?? retires,
    retireAt: isoOrNull(one.retireAt),
  }));
  return newest === null ? older : [newest, ...older];
}

function sinksOf({ sinks, pending }: TokenStatus) {
  return Object.entries(sinks).map(([id, row]) => {
    const lane = pending.find((step) => step.id === deliverStepId(id));
    return {
      sink: id,
      generation: row.acknowledged,
      acknowledgedAt: isoOrNull(row.acknowledgedAt),
      readBack: row.readBack ?? null,
      laggingSince: isoOrNull(row.laggingSince),
      drifted: row.drifted,
      error: row.error && { ...row.error, at: isoOrNull(row.error.at) },
      attempt: lane?.attempt ?? null,
      nextTryAt: isoOrNull(lane?.nextTryAt ?? null),
    };
  });
}

/** Sinks that were removed: what they hold and how emptying them goes. */
function leftSinksOf({ left, pending }: TokenStatus) {
  return left.map((one) => {
    const step = pending.find(({ id }) => id === emptyStepId(one));
    return {
      sink: one.sink.id,
      generation: one.generation,
      emptyingSince: isoOrNull(one.emptying?.at ?? null),
      by: one.emptying?.actor ?? null,
      attempt: step?.attempt ?? null,
      nextTryAt: isoOrNull(step?.nextTryAt ?? null),
      error: step?.lastFailure ?? null,
    };
  });
}
