import type { Session } from '../session.js';
import { attempt, good, warning, type Finding } from './finding.js';
import { cliSpans } from '../spans.js';

export async function examineVault(session: Session, name: string): Promise<Finding> {
  const { config } = await session.soundConfig();
  const connections = await session.connections();
  const environment = config.worker.vaults.get(name)?.environments?.[0] ?? 'default';
  const opened = await attempt(`vault ${name}`, async () => {
    const vault = await connections.vault(name, environment);
    await vault.list('', AbortSignal.timeout(cliSpans.checkMs));
    return vault.id;
  });
  if (!opened.ok) return opened.finding;
  return (await warningOfFile(session, name)) ?? good(`vault ${name}`, `opens, id ${opened.value}`);
}

/** Of a vault on this host: its disk is full, or any user may write it; null: neither. */
async function warningOfFile(session: Session, name: string): Promise<Finding | null> {
  const { findLocalVault, localVaults, onFullDisk, writableByAll } = await import('../local-vaults.js');
  const { config } = await session.soundConfig();
  if (!localVaults(config).includes(name)) return null;
  const { settings, deps } = await findLocalVault(session, name);
  const trouble = (await onFullDisk(settings, deps)) ?? (await writableByAll(settings, deps));
  return trouble && warning(`vault ${name}`, trouble.message, trouble.do);
}
