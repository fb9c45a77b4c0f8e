import { expect, it } from 'vitest';
import { findForeign } from '../../src/cli/apply/foreign.js';
import { emptyRecord, type Owner } from '../../src/core/record/record.js';
import { silentLog } from '../../src/drivers.js';
import { vaultDrivers } from '../../src/vaults/registry.js';
import { tokenSpec } from '../support/lifecycle.js';

const workflowId = 'tokenkeeper/test/token';
const here: Owner = { cluster: 'c1', namespace: 'default', namespaceId: 'n1', workflowId };

it.each<{ owner: Partial<Owner> | null; as?: Partial<Owner>; is: string; found: string | null }>([
  { is: 'of nobody', owner: null, found: null },
  { is: 'of this workflow', owner: {}, found: null },
  { is: 'of another workflow', owner: { workflowId: 'w' }, found: 'kept by workflow w in namespace default' },
  {
    is: 'of the same id in another namespace',
    owner: { namespace: 'n' },
    found: 'kept by workflow tokenkeeper/test/token in namespace n',
  },
  {
    is: 'of the same id in another namespace of that name',
    owner: { namespaceId: 'n2' },
    found: 'kept by workflow tokenkeeper/test/token in another namespace default',
  },
  { is: 'of the same id in a namespace that moved to another cluster', owner: { cluster: 'c2' }, found: null },
  { is: 'of this cluster, from before the namespace’s id was kept', owner: { namespaceId: undefined }, found: null },
  {
    is: 'of another cluster, from before the namespace’s id was kept',
    owner: { namespaceId: undefined, cluster: 'c2' },
    found: 'kept by workflow tokenkeeper/test/token in another namespace default',
  },
  {
    is: 'whose worker may not ask for the ids',
    owner: { namespaceId: undefined, cluster: 'unknown' },
    found: null,
  },
  { is: 'where we may not ask for them', owner: {}, as: { namespaceId: undefined, cluster: 'unknown' }, found: null },
  {
    is: 'of another workflow, where we may not ask for them',
    owner: { workflowId: 'w' },
    as: { namespaceId: undefined, cluster: 'unknown' },
    found: 'kept by workflow w in namespace default',
  },
])('a plan tells of a record $is: $found', async ({ owner, as = {}, found }) => {
  const deps = { fetch, now: Date.now, baseDir: '/', env: {}, log: silentLog };
  const vault = await vaultDrivers['memory']!.open({}, deps);
  const spec = tokenSpec({ key: 'test/token' });
  const record = { ...emptyRecord(vault.id, spec.key), owner: owner && { ...here, ...owner } };
  await vault.compareAndSet(spec.key, 0, JSON.stringify(record));
  const connections = { vault: async () => vault, sink: () => Promise.reject(new Error('no sink is asked')) };
  expect(await findForeign(connections, spec, [], { ...here, ...as })).toEqual(found === null ? [] : [found]);
});

it('a sink that is declared to take over blocks no plan, and need not be read', async () => {
  const deps = { fetch, now: Date.now, baseDir: '/', env: {}, log: silentLog };
  const vault = await vaultDrivers['memory']!.open({}, deps);
  const spec = tokenSpec({ key: 'test/taking' });
  const connections = { vault: async () => vault, sink: () => Promise.reject(new Error('was read')) };
  const taking = spec.sinks.map((sink) => ({ ...sink, takeOver: true }));
  expect(await findForeign(connections, spec, taking, here)).toEqual([]);
  await expect(findForeign(connections, spec, spec.sinks, here)).rejects.toThrow('was read');
});
