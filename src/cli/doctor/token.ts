import { TokenError } from '../../core/errors.js';
import { environmentOf } from '../../core/key.js';
import { namedRemedy } from '../../core/remedies.js';
import type { Session } from '../session.js';
import { plural } from '../words.js';
import { attempt, bad, good, lookLimitMs, warning, type Finding } from './finding.js';

/** Whether its issuer opens and its sinks could be written now. */
export async function* examineToken(session: Session, key: string): AsyncGenerator<Finding> {
  const { config } = await session.configAsFarAsLoaded();
  const spec = config.tokens.find((one) => one.key === key);
  if (spec === undefined) return;
  const connections = await session.connections();
  const issuer = await attempt(`${key} issuer ${spec.issuer}`, async () => {
    const open = await connections.issuer(spec.issuer, key, spec.parameters);
    return open.issuer.capabilities(open.parameters);
  });
  if (!issuer.ok) yield forToken(issuer.finding, key);
  const vault = await attempt(key, () => connections.vault(spec.vault, environmentOf(key)));
  // Said once already, for the vault itself.
  if (!vault.ok) return;
  let sound = 0;
  for (const sink of spec.sinks) {
    const checked = await attempt(`${key} sink ${sink.id}`, async () => {
      const open = await connections.sink(sink.connection, key, sink.target);
      const fingerprint = (value: string): string => vault.value.fingerprint(value);
      const signal = AbortSignal.timeout(lookLimitMs);
      await open.sink.check({ key, target: open.target, takeOver: sink.takeOver, fingerprint, signal });
    });
    if (checked.ok) sound++;
    else yield forToken(checked.finding, key, sink.id);
  }
  if (issuer.ok && sound === spec.sinks.length) yield good(key, `issuer and ${plural(sound, 'sink')} are ready`);
}

/**
 * Whether what is kept is kept in the vaults that open here: any worker of the task queue takes its tasks, also one with other vaults.
 * @returns the keys of what is kept elsewhere
 */
export async function* examineHolders(session: Session): AsyncGenerator<Finding, ReadonlySet<string>> {
  const elsewhere = new Set<string>();
  const { config } = await session.configAsFarAsLoaded();
  const connections = await session.connections();
  const client = await session.client();
  for (const { key, vault } of config.tokens) {
    try {
      const { vaultId } = await client.status(key);
      const { id } = await connections.vault(vault, environmentOf(key));
      if (vaultId === null || vaultId === id) continue;
      elsewhere.add(key);
      yield bad(
        key,
        `it is kept in another vault (${vaultId}) than ${vault}, which opens here (${id})`,
        'use the configuration of its worker, or correct the path of the vault',
      );
    } catch (error) {
      // Not kept, or its vault does not open, which was told.
      if (error instanceof TokenError && error.code !== 'ServerUnavailable') continue;
      yield warning(
        'tokens',
        'no worker tells which vault holds them',
        'see its log; one that has just ended is seen as there for two minutes',
      );
      break;
    }
  }
  return elsewhere;
}

/** Its remedy with the names of this token, to be pasted. */
function forToken(finding: Finding, key: string, sink?: string): Finding {
  const { remedy } = finding;
  return { ...finding, remedy: remedy === null ? null : namedRemedy(remedy, key, sink) };
}
