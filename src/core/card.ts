import { conditionsOf } from './conditions.js';
import { headlineOf } from './headline.js';
import { isoOf } from './instants.js';
import { acknowledgedOf, generationOf, retirementOf, type LifecycleState, type PreviousGeneration } from './state.js';

function endOf({ retireAt, expiresAt }: PreviousGeneration, revokes: boolean): string {
  if (!revokes) return expiresAt === null ? 'does not expire' : `dies at ${isoOf(expiresAt)}`;
  return retireAt === null ? 'is held: a sink still has it' : `is revoked at ${isoOf(retireAt)}`;
}

/** The markdown card that the Temporal Web UI shows as a workflow's current details. */
export function cardOf(state: LifecycleState, now: number): string {
  const { spec, current } = state;
  const revokes = retirementOf(state) === 'revoke';
  const lines = [`### ${spec.key}: ${headlineOf(state, now)}`, ''];
  if (current === null) lines.push('No value yet.');
  else {
    const renews = state.capabilities?.mintable === false ? 'by hand' : isoOf(current.renewAt);
    lines.push(
      `| generation | fingerprint | issued | expires | renews |`,
      `|---|---|---|---|---|`,
      `| ${current.generation} | \`${current.fingerprint}\` | ${isoOf(current.issuedAt)} | ${isoOf(current.expiresAt)} | ${renews} |`,
      '',
      `**Sinks** ${acknowledgedOf(state)}/${Object.keys(state.sinks).length} on generation ${generationOf(state)}`,
      ...Object.entries(state.sinks).map(([id, row]) => {
        const error = row.error === null ? '' : `: ${row.error.code}, ${row.error.message}`;
        return `- ${id}: generation ${row.acknowledged}${error}`;
      }),
    );
  }
  for (const held of state.previous) lines.push('', `Generation ${held.generation} ${endOf(held, revokes)}.`);
  if (state.problem !== null) lines.push('', `**${state.problem.code}** ${state.problem.message}`);
  for (const [id, { code, message, retryAt }] of Object.entries(state.stalled)) {
    lines.push('', `**${code}** ${id}: ${message}; next try ${isoOf(retryAt)}`);
  }
  const todo = conditionsOf(state, now).flatMap((condition) => condition.do ?? []);
  if (todo.length > 0) lines.push('', `**Do** ${[...new Set(todo)].join('; ')}`);
  lines.push(
    '',
    `Owner ${spec.owner ?? 'nobody'}, issuer ${spec.issuer}, vault ${spec.vault}.${spec.runbook === null ? '' : ` [Runbook](${spec.runbook})`}`,
  );
  return lines.join('\n');
}
