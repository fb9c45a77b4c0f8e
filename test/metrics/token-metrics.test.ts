import { describe, expect, it } from 'vitest';
import type { TokenRow } from '../../src/client/list.js';
import { buildRegistry, type MetricSources } from '../../src/metrics/build-registry.js';
import { tokenMetrics } from '../../src/metrics/token-metrics.js';
import { Exposition } from '../support/exposition.js';

const now = Date.UTC(2027, 0, 1);
const inAnHour = '2027-01-01T01:00:00.000Z';
const anHourAgo = '2026-12-31T23:00:00.000Z';

function rowOf(overrides: Partial<TokenRow> = {}): TokenRow {
  return {
    key: 'production/crm',
    state: 'healthy',
    generation: 3,
    expiresAt: inAnHour,
    renewAt: '2027-01-01T00:30:00.500Z',
    sinks: { acknowledged: 2, total: 2 },
    owner: 'web',
    issuer: 'idp',
    ...overrides,
  };
}

/** Everything that is told of these rows, behind the names of tokens. */
async function textOf(rows: readonly TokenRow[], more: Partial<MetricSources> = {}): Promise<string> {
  const tokens = () => Promise.resolve({ rows, isUp: true, collectedAt: now });
  return buildRegistry({ tokens, issuers: () => new Map(), now: () => now, ...more }).registry.metrics();
}

const series = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const token = 'key="production/crm",environment="production",owner="web",issuer="idp"';

describe('the series of a token', () => {
  it('are these, with the labels that name it', async () => {
    expect(series(await textOf([rowOf()]))).toEqual([
      `tokenkeeper_token_expiration_timestamp_seconds{${token}} 1798765200`,
      `tokenkeeper_token_renewal_timestamp_seconds{${token}} 1798763400.5`,
      `tokenkeeper_token_ready_status{${token},condition="True"} 1`,
      `tokenkeeper_token_ready_status{${token},condition="False"} 0`,
      `tokenkeeper_token_ready_status{${token},condition="Unknown"} 0`,
      `tokenkeeper_token_state{${token},state="healthy"} 1`,
      `tokenkeeper_sink_generation_lag{${token}} 0`,
      'tokenkeeper_collector_up 1',
      `tokenkeeper_collector_last_success_timestamp_seconds ${now / 1_000}`,
    ]);
  });

  it.each([
    { that: 'lives', row: {}, ready: 'True' },
    { that: 'lives for ever', row: { expiresAt: null }, ready: 'True' },
    { that: 'lives, while its renewal fails', row: { state: 'degraded' }, ready: 'True' },
    { that: 'lives, while a person is needed', row: { state: 'needs-attention' }, ready: 'True' },
    { that: 'lives, paused', row: { state: 'paused' }, ready: 'True' },
    { that: 'has no value yet', row: { state: 'acquiring', generation: 0, expiresAt: null }, ready: 'False' },
    { that: 'never got one', row: { state: 'needs-attention', generation: 0, expiresAt: null }, ready: 'False' },
    { that: 'has expired since it was published', row: { expiresAt: anHourAgo }, ready: 'False' },
    { that: 'expires at this moment', row: { expiresAt: new Date(now).toISOString() }, ready: 'False' },
    { that: 'is told as expired', row: { state: 'expired' }, ready: 'False' },
    { that: 'is being revoked', row: { state: 'revoked' }, ready: 'False' },
    { that: 'is being forgotten', row: { state: 'forgotten' }, ready: 'False' },
    { that: 'is known by its key alone', row: { state: null, generation: null, expiresAt: null }, ready: 'Unknown' },
  ])('say of one that $that: ready is $ready', async ({ row, ready }) => {
    const samples = new Exposition(await textOf([rowOf(row)])).samples('tokenkeeper_token_ready_status');
    const of = (value: number): unknown =>
      samples.flatMap((sample) => (sample.value === value ? [sample.labels['condition']] : []));
    expect(of(1)).toEqual([ready]);
    expect(of(0)).toHaveLength(2);
  });

  it.each([
    { name: 'tokenkeeper_token_expiration_timestamp_seconds', that: 'does not expire', row: { expiresAt: null } },
    { name: 'tokenkeeper_token_renewal_timestamp_seconds', that: 'is renewed by a person', row: { renewAt: null } },
    { name: 'tokenkeeper_token_state', that: 'is known by its key alone', row: { state: null } },
    { name: 'tokenkeeper_sink_generation_lag', that: 'is known by its key alone', row: { sinks: null } },
  ])('leave $name out for one that $that, rather than tell a zero', async ({ name, row }) => {
    expect(new Exposition(await textOf([rowOf(row)])).samples(name)).toEqual([]);
  });

  it('call expired what has expired since it was published, as `list` does', async () => {
    const told = new Exposition(await textOf([rowOf({ expiresAt: anHourAgo })]));
    expect(told.samples('tokenkeeper_token_state').map(({ labels }) => labels['state'])).toEqual(['expired']);
  });

  it('count the sinks that lag, not the generations', async () => {
    const text = await textOf([rowOf({ generation: 9, sinks: { acknowledged: 1, total: 4 } })]);
    expect(new Exposition(text).value('tokenkeeper_sink_generation_lag')).toBe(3);
  });

  it('escape what people wrote', async () => {
    const owner = 'a "b" \\ c\nd';
    const text = await textOf([rowOf({ owner })]);
    expect(new Exposition(text).samples('tokenkeeper_token_state')[0]?.labels['owner']).toBe(owner);
    expect(series(text)).toHaveLength(9);
  });

  it('end with the token', async () => {
    let rows = [rowOf(), rowOf({ key: 'production/gone' })];
    const tokens = () => Promise.resolve({ rows, isUp: true, collectedAt: now });
    const { registry } = buildRegistry({ tokens, issuers: () => new Map(), now: () => now });
    expect(await registry.metrics()).toContain('production/gone');
    rows = rows.slice(0, 1);
    expect(await registry.metrics()).not.toContain('production/gone');
  });
});

describe('what a worker tells of itself', () => {
  const issuers = (): MetricSources['issuers'] => () =>
    new Map([
      ['idp', { credentialExpiresAt: now + 500 }],
      ['open', { credentialExpiresAt: null }],
    ]);

  it('has the expiry of its own credentials, where the configuration in force has one', async () => {
    let idp: number | null = now;
    const text = await textOf([], { issuers: () => new Map([['idp', { credentialExpiresAt: idp }]]) });
    const name = 'tokenkeeper_bootstrap_expiration_timestamp_seconds';
    expect(new Exposition(text).samples(name)).toEqual([{ labels: { issuer: 'idp' }, value: now / 1_000 }]);
    idp = null;
    const without = await textOf([], { issuers: () => new Map([['idp', { credentialExpiresAt: idp }]]) });
    expect(new Exposition(without).samples(name)).toEqual([]);
  });

  it('forgets the end of a credential whose issuer went out of the configuration', async () => {
    let names = ['idp', 'gone'];
    const tokens = () => Promise.resolve({ rows: [], isUp: true, collectedAt: now });
    const connections = () => new Map(names.map((name) => [name, { credentialExpiresAt: now }]));
    const { registry } = buildRegistry({ tokens, issuers: connections, now: () => now });
    const told = async () =>
      new Exposition(await registry.metrics())
        .samples('tokenkeeper_bootstrap_expiration_timestamp_seconds')
        .map(({ labels }) => labels['issuer']);
    expect(await told()).toEqual(['idp', 'gone']);
    names = ['idp'];
    expect(await told()).toEqual(['idp']);
  });

  it('counts rotations from zero, by declared issuer and by result', async () => {
    const tokens = () => Promise.resolve({ rows: [], isUp: false, collectedAt: null });
    const { registry, count } = buildRegistry({ tokens, issuers: issuers(), now: () => now });
    const read = async (): Promise<Exposition> => new Exposition(await registry.metrics());
    expect((await read()).samples('tokenkeeper_rotations_total').map(({ value }) => value)).toEqual(Array(8).fill(0));
    count({ issuer: 'idp', result: 'issued' });
    count({ issuer: 'idp', result: 'issued' });
    count({ issuer: 'idp', result: 'failed_waiting' });
    const told = (await read()).samples('tokenkeeper_rotations_total', { issuer: 'idp' });
    expect(Object.fromEntries(told.map(({ labels, value }) => [labels['result'], value]))).toEqual({
      issued: 2,
      failed_transient: 0,
      failed_waiting: 1,
      failed_person: 0,
    });
  });

  it('combines all undeclared issuers into one series: their names come from whoever starts workflows', async () => {
    const tokens = () => Promise.resolve({ rows: [], isUp: true, collectedAt: now });
    const { registry, count } = buildRegistry({ tokens, issuers: issuers(), now: () => now });
    for (let made = 0; made < 100; made++) count({ issuer: `made-up-${made}`, result: 'failed_waiting' });
    const text = await registry.metrics();
    expect(text).not.toContain('made-up');
    expect(new Exposition(text).value('tokenkeeper_rotations_total', { issuer: 'undeclared' })).toBe(100);
  });

  it('says so while the list cannot be read, and since when', async () => {
    const tokens = () => Promise.resolve({ rows: [rowOf()], isUp: false, collectedAt: now - 60_000 });
    const told = new Exposition(await textOf([], { tokens }));
    expect(told.value('tokenkeeper_collector_up')).toBe(0);
    expect(told.value('tokenkeeper_collector_last_success_timestamp_seconds')).toBe(now / 1_000 - 60);
    expect(told.samples('tokenkeeper_token_state')).toHaveLength(1);
  });
});

it('every metric is named and told as Prometheus asks for', async () => {
  const { families } = new Exposition(await textOf([rowOf()], { issuers: () => new Map() }));
  expect(families.length).toBe(tokenMetrics.length + 4);
  for (const { name, type, help } of families) {
    expect(name).toMatch(/^tokenkeeper_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'COUNTER');
    expect(help).toMatch(/^[A-Z].*\.$/);
  }
});
