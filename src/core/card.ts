import { conditionsOf } from './conditions.js';
import { headlineOf } from './headline.js';
import { behind, generationOf, type LifecycleState } from './state.js';

const iso = (at: number | null | undefined): string =>
  at == null ? 'never' : `${new Date(at).toISOString().slice(0, 19)}Z`;

/** The markdown card that the Temporal Web UI shows as a workflow's current details. */
export function cardOf(state: LifecycleState, now: number): string {
  const { spec, current } = state;
  const total = Object.keys(state.sinks).length;
  const lines = [`### ${spec.key}: ${headlineOf(state, now)}`, ''];
  if (current === null) lines.push('No value yet.');
  else {
    const renews = state.capabilities?.mintable === false ? 'by hand' : iso(current.renewAt);
    lines.push(
      `| generation | fingerprint | issued | expires | renews |`,
      `|---|---|---|---|---|`,
      `| ${current.generation} | \`${current.fingerprint}\` | ${iso(current.issuedAt)} | ${iso(current.expiresAt)} | ${renews} |`,
      '',
      `**Sinks** ${total - behind(state).length}/${total} on generation ${generationOf(state)}`,
      ...Object.entries(state.sinks).map(([id, row]) => {
        const error = row.error === null ? '' : `: ${row.error.code}, ${row.error.message}`;
        return `- ${id}: generation ${row.acknowledged}${error}`;
      }),
    );
  }
  for (const held of state.previous) {
    const end = state.capabilities?.retire === 'revoke' ? 'is revoked at' : 'dies at';
    const at = state.capabilities?.retire === 'revoke' ? held.retireAt : held.expiresAt;
    lines.push(
      '',
      at === null
        ? `Generation ${held.generation} is held: a sink still has it.`
        : `Generation ${held.generation} ${end} ${iso(at)}.`,
    );
  }
  if (state.problem !== null) lines.push('', `**${state.problem.code}** ${state.problem.message}`);
  const todo = conditionsOf(state, now).flatMap((condition) => condition.do ?? []);
  if (todo.length > 0) lines.push('', `**Do** ${[...new Set(todo)].join('; ')}`);
  lines.push(
    '',
    `Owner ${spec.owner ?? 'nobody'}, issuer ${spec.issuer}, vault ${spec.vault}.${spec.runbook === null ? '' : ` [Runbook](${spec.runbook})`}`,
  );
  return lines.join('\n');
}
