import { callSink, type SinkCall } from '../../activities/call-sink.js';
import { readRecord } from '../../activities/store.js';
import type { Connections } from '../../activities/connections.js';
import { environmentOf } from '../../core/key.js';
import { isSameNamespace } from '../../core/record/owner.js';
import type { Owner } from '../../core/record/record.js';
import type { SinkSpec, TokenSpec } from '../../core/spec.js';
import type { Vault } from '../../vaults/vault.js';
import { cliSpans } from '../spans.js';

/**
 * What would keep `apply` from keeping a token: a record of another workflow, or sinks with values that are not ours. Changes nothing.
 * @param sinks - those to look at
 * @param here - the workflow that would keep it
 * @throws TokenError of the vault or of a sink that cannot be read from here
 */
export async function findForeign(
  connections: Pick<Connections, 'vault' | 'sink'>,
  spec: TokenSpec,
  sinks: readonly SinkSpec[],
  here: Owner,
): Promise<string[]> {
  const { vault, kept } = await findOtherOwner(connections, spec, here);
  const foreign = await Promise.all(
    sinks.filter(({ takeOver }) => !takeOver).map((sink) => foreignWords({ deps: { connections }, spec, vault }, sink)),
  );
  return [kept, ...foreign].filter((words) => words !== null);
}

/** Who else keeps a token, in words; null: nobody. @throws TokenError of a vault that cannot be read from here */
export async function findOtherOwner(
  connections: Pick<Connections, 'vault'>,
  spec: TokenSpec,
  here: Owner,
): Promise<{ readonly vault: Vault; readonly kept: string | null }> {
  const vault = await connections.vault(spec.vault, environmentOf(spec.key));
  const { record } = await readRecord(vault, spec.key);
  return { vault, kept: record.owner === null ? null : otherOwnerWords(record.owner, here) };
}

/** Null where it is the same workflow, as far as can be told. */
function otherOwnerWords(owner: Owner, here: Owner): string | null {
  const isNamesake = owner.namespace === here.namespace;
  const isHere = isSameNamespace(owner, here) || (isNamesake && isUntold(owner, here));
  if (isHere && owner.workflowId === here.workflowId) return null;
  return `kept by workflow ${owner.workflowId} in ${isNamesake && !isHere ? 'another ' : ''}namespace ${owner.namespace}`;
}

/** Who may not ask for the ids knows no namespace's, and a cluster as `unknown`. */
const isUntold = (a: Owner, b: Owner): boolean =>
  [a, b].some(({ namespaceId }) => namespaceId === undefined) && [a, b].some(({ cluster }) => cluster === 'unknown');

async function foreignWords(context: SinkCall, sink: SinkSpec): Promise<string | null> {
  const { answer } = await callSink(context, sink, cliSpans.checkMs, (its, request) => its.read(request));
  return answer.found === 'value' && !answer.ours ? `${sink.id}: a value is there that is not ours` : null;
}
