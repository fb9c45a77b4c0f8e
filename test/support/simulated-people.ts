import { importValue } from '../../src/core/record/import-value.js';
import { emptyRecord, type VaultRecord } from '../../src/core/record/record.js';
import type { SinkSpec } from '../../src/core/spec.js';
import type { SimulatedLifecycle } from './simulated-lifecycle.js';
import { stand } from './simulated-time.js';

/** The places of sinks. */
export const places = ['one', 'two', 'three'];

/** Other sinks, some of them elsewhere; what is left is to be emptied. */
export function configure(life: SimulatedLifecycle, choice: number): void {
  const { spec, revision, left = [], current, capabilities } = life.state;
  // Until it was looked at, a workflow does not know what it was delivered to before: what is taken out then is left as it is.
  if (capabilities === null) return;
  const shift = choice % 3;
  const sinks = places.flatMap((id, index): SinkSpec[] => {
    const connection = places[(index + shift) % places.length]!;
    return (choice & (1 << index)) === 0 ? [] : [{ id, connection, target: {}, takeOver: false }];
  });
  const isLeft = ({ connection }: SinkSpec): boolean => !sinks.some((sink) => sink.connection === connection);
  const known = current === null ? [] : spec.sinks;
  const empty = [...left.map(({ sink }) => sink), ...known].filter(isLeft).map(({ id }) => id);
  const graceMs = choice % 5 === 0 ? 30_000 : spec.graceMs;
  life.ask('configure', { revision: revision + 1, takeOver: false, empty, spec: { ...spec, graceMs, sinks } });
}

/** A person obtains a new first grant, and says so. */
export function reauthorize(life: SimulatedLifecycle): void {
  const { outside } = life;
  outside.firstGrant = outside.provider.authorize();
  life.ask('reauthorize');
}

/** A person obtains a value by hand, stores it, and has it delivered. */
export async function bring(life: SimulatedLifecycle): Promise<void> {
  // Nobody brings two within the same millisecond.
  await stand(life, 1_000);
  const { outside, state } = life;
  const { vault, provider } = outside;
  const { key } = state.spec;
  const document = await vault.read(key);
  const record = document === null ? emptyRecord(vault.id, key) : (JSON.parse(document.text) as VaultRecord);
  const brought = provider.bring();
  const now = outside.nowOf(0);
  const value = { value: brought, fingerprint: vault.fingerprint(brought), issuedAt: now, expiresAt: null };
  const next = importValue(record, { value, now, actor: 'ana' });
  await vault.compareAndSet(key, document?.revision ?? 0, JSON.stringify(next));
  outside.noteStored(JSON.stringify(next));
  outside.gates.note(`  ${brought} is imported`);
  outside.brought = brought;
  life.ask('deliver');
}

/** The vault is put back to its last backup. */
export async function restore(life: SimulatedLifecycle): Promise<void> {
  const { outside, state } = life;
  // A workflow that knows nothing takes an older vault for the newest.
  const isNew = state.capabilities === null;
  if (outside.backup === null || isNew || !(await mayRestore(life))) return;
  outside.vault.restore(outside.backup);
  outside.gates.note('  the vault is restored');
  outside.isRestored = true;
}

/**
 * A refresh token that was sent since the backup would be sent again unless the workflow knows a newer generation than the backup has: nobody
 * else knows. So it is documented: no restore while a renewal is under way.
 */
async function mayRestore({ outside, state, temporal }: SimulatedLifecycle): Promise<boolean> {
  const { reissue, grant } = outside.provider;
  if (reissue === 'A' || reissue === 'B') return true;
  const text = outside.backup?.get(state.spec.key)?.text;
  const record = text === undefined ? null : (JSON.parse(text) as VaultRecord);
  const held = record?.generations.find((one) => one.state === 'current')?.generation ?? 0;
  // A person's decision goes on with what the vault holds.
  if (state.wanted?.reauthorize === true) return false;
  if (temporal.attempts.size > 0 || temporal.hasGhosts) return false;
  return held < (state.current?.generation ?? 0) || record?.continuation === grant;
}

/** People do what a token asks of them, and jobs say that they were refused. */
export async function help(life: SimulatedLifecycle): Promise<void> {
  const { outside, state } = life;
  const { provider, isMintable } = outside;
  if (!isMintable) return outside.brought === null || state.problem !== null ? bring(life) : undefined;
  if (state.problem?.kind === 'person') {
    expectExplained(life, state.problem.code);
    reauthorize(life);
  }
  for (const { connection } of state.spec.sinks) {
    const content = outside.sinks.get(connection)?.content ?? null;
    if (content === null || provider.isAlive(content.value)) continue;
    life.ask('reportFailure', { generation: content.generation });
  }
}

/** A person is asked only where nobody else can know. */
function expectExplained({ outside }: SimulatedLifecycle, code: string): void {
  const isRotating = outside.provider.reissue === 'C' || outside.provider.reissue === 'D';
  const why: Readonly<Record<string, boolean>> = {
    OutcomeUnknown: isRotating,
    VaultRolledBack: outside.isRestored && outside.provider.reissue !== 'A',
    InvalidGrant: isRotating,
    GrantClaimed: isRotating,
  };
  if (why[code] !== true) throw new Error(`nobody is to be asked: ${code}\n${outside.gates.log.join('\n')}`);
}
