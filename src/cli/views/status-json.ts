import type { TokenStatus } from '../../client/status.js';
import { deliverStepId, emptyStepId } from '../../core/step-ids.js';
import { isoOf } from '../time-words.js';

/** What `status -o json` tells programs; instants in ISO 8601. Fields are only ever added. */
export function statusJson(status: TokenStatus) {
  return {
    key: status.key,
    state: status.state,
    generation: status.generation,
    expiresAt: isoOf(status.expiresAt),
    renewAt: isoOf(status.renewAt),
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
    problem: status.problem && { ...status.problem, at: isoOf(status.problem.at) },
    failures: status.failures,
    retryAt: isoOf(status.retryAt),
    pause: status.pause && { ...status.pause, until: isoOf(status.pause.until) },
    closing: status.closing,
    runbook: status.runbook,
    workflow: { id: status.workflowId, runId: status.runId, revision: status.revision, rules: status.rules },
  };
}

function generationsOf({ current, previous, retires }: TokenStatus) {
  const held = current && {
    generation: current.generation,
    state: 'current' as const,
    fingerprint: current.fingerprint,
    issuedAt: isoOf(current.issuedAt),
    expiresAt: isoOf(current.expiresAt),
    verifiedAt: isoOf(current.verifiedAt),
    verifiedBy: current.verifiedBy,
  };
  const older = previous.map((one) => ({
    generation: one.generation,
    state: 'previous' as const,
    fingerprint: one.fingerprint,
    expiresAt: isoOf(one.expiresAt),
    retires: one.retires ?? retires,
    retireAt: isoOf(one.retireAt),
  }));
  return held === null ? older : [held, ...older];
}

function sinksOf({ sinks, pending }: TokenStatus) {
  return Object.entries(sinks).map(([id, row]) => {
    const lane = pending.find((step) => step.id === deliverStepId(id));
    return {
      sink: id,
      generation: row.acknowledged,
      acknowledgedAt: isoOf(row.acknowledgedAt),
      readBack: row.readBack ?? null,
      laggingSince: isoOf(row.laggingSince),
      drifted: row.drifted,
      error: row.error && { ...row.error, at: isoOf(row.error.at) },
      attempt: lane?.attempt ?? null,
      nextTryAt: isoOf(lane?.nextTryAt ?? null),
    };
  });
}

/** Sinks that were taken out, with what they keep and what is done about it. */
function leftSinksOf({ left, pending }: TokenStatus) {
  return left.map((one) => {
    const step = pending.find(({ id }) => id === emptyStepId(one));
    return {
      sink: one.sink.id,
      generation: one.generation,
      emptyingSince: isoOf(one.emptying?.at ?? null),
      by: one.emptying?.actor ?? null,
      attempt: step?.attempt ?? null,
      nextTryAt: isoOf(step?.nextTryAt ?? null),
      error: step?.lastFailure ?? null,
    };
  });
}
