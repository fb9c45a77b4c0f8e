import { callSink, type SinkCall } from '../../activities/call-sink.js';
import { readRecord } from '../../activities/store.js';
import type { Connections } from '../../activities/connections.js';
import { environmentOf } from '../../core/key.js';
import type { SinkSpec, TokenSpec } from '../../core/spec.js';
import { cliSpans } from '../spans.js';

/**
 * What would keep `apply` from keeping a token: a record of another workflow, or sinks with values that are not ours. Changes nothing.
 * @param sinks - those to look at
 * @throws TokenError of the vault or of a sink that cannot be read from here
 */
export async function findForeign(
  connections: Pick<Connections, 'vault' | 'sink'>,
  spec: TokenSpec,
  sinks: readonly SinkSpec[],
  workflowId: string,
): Promise<string[]> {
  const vault = await connections.vault(spec.vault, environmentOf(spec.key));
  const { record } = await readRecord(vault, spec.key);
  const owner = record.owner;
  const kept =
    owner !== null && owner.workflowId !== workflowId
      ? [`kept by workflow ${owner.workflowId} in namespace ${owner.namespace}`]
      : [];
  const foreign = await Promise.all(
    sinks.filter(({ takeOver }) => !takeOver).map((sink) => look({ deps: { connections }, spec, vault }, sink)),
  );
  return [...kept, ...foreign.flatMap((words) => (words === null ? [] : [words]))];
}

async function look(context: SinkCall, sink: SinkSpec): Promise<string | null> {
  const { answer } = await callSink(context, sink, cliSpans.checkMs, (its, request) => its.read(request));
  return answer.found === 'value' && !answer.ours ? `${sink.id}: a value is there that is not ours` : null;
}
