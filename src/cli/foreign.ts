import { readRecord } from '../activities/store.js';
import type { Connections } from '../activities/connections.js';
import { environmentOf } from '../core/key.js';
import type { SinkSpec, TokenSpec } from '../core/spec.js';
import type { Vault } from '../vaults/vault.js';

const lookLimitMs = 5_000;

/**
 * What would stop `apply` from keeping a token: a record that another workflow keeps, and sinks that hold what is not ours. Changes nothing.
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
  const held = await Promise.all(
    sinks.filter(({ takeOver }) => !takeOver).map((sink) => look(connections, spec, sink, vault)),
  );
  return [...kept, ...held.flatMap((words) => (words === null ? [] : [words]))];
}

async function look(
  connections: Pick<Connections, 'sink'>,
  spec: TokenSpec,
  sink: SinkSpec,
  vault: Vault,
): Promise<string | null> {
  const open = await connections.sink(sink.connection, spec.key, sink.target);
  const reading = await open.sink.read({
    key: spec.key,
    target: open.target,
    takeOver: false,
    fingerprint: (value) => vault.fingerprint(value),
    signal: AbortSignal.timeout(lookLimitMs),
  });
  return reading.found === 'value' && !reading.ours ? `${sink.id}: a value is there that is not ours` : null;
}
