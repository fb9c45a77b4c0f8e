import type { Session } from '../session.js';
import { attempt, good, warning, type Finding } from './finding.js';
import { cliSpans } from '../spans.js';

export async function examineVault(session: Session, name: string): Promise<Finding> {
  const { config } = await session.configAsFarAsLoaded();
  const connections = await session.connections();
  const environment = config.worker.vaults.get(name)?.environments?.[0] ?? 'default';
  const opened = await attempt(`vault ${name}`, async () => {
    const vault = await connections.vault(name, environment);
    await vault.list('', AbortSignal.timeout(cliSpans.checkMs));
    return vault.id;
  });
  if (!opened.ok) return opened.finding;
  const open = await openToAll(session, name);
  return open === null
    ? good(`vault ${name}`, `opens, id ${opened.value}`)
    : warning(`vault ${name}`, `any user of this host may write ${open}`, `chmod o-w ${open}`);
}

/** For a vault on this host: its folder or file that any user may write; null: none. */
async function openToAll(session: Session, name: string): Promise<string | null> {
  const { findLocalVault, localVaults, writableByAll } = await import('../local-vaults.js');
  const { config } = await session.configAsFarAsLoaded();
  if (!localVaults(config).includes(name)) return null;
  const { settings, deps } = await findLocalVault(session, name);
  return writableByAll(settings, deps);
}
