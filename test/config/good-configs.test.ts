import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from '../../src/config/json-schema.js';
import { parseConfig } from '../../src/config/load.js';
import { formatProblem } from '../../src/config/problems.js';
import { builtInRegistries } from '../../src/config/registries.js';
import type { Config, Registries } from '../../src/config/config.js';
import { groups } from './bad/all.js';
import { connections, token } from './bad/bad-config.js';
import { testRegistries } from './drivers.js';

function configOf(text: string, registries = testRegistries()): Config {
  const loaded = parseConfig([{ file: 'tokens.yaml', text }], registries);
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return loaded.config;
}

const firstToken = (text: string) => configOf(text).tokens[0];
const shipped = readFileSync(new URL('../../tokens.yaml', import.meta.url), 'utf8');

describe('a good configuration', () => {
  it('is the shipped tokens.yaml', () => {
    const { tokens, worker } = configOf(shipped, builtInRegistries);
    expect(tokens.map(({ key, owner, sinks }) => [key, owner, sinks.map(({ id }) => id)])).toEqual([
      ['production/crm-export', 'revenue-eng', ['files', 'production-env', 'crm-batch']],
      ['production/npm-publish', 'web', ['files']],
      ['staging/billing-api', 'platform', ['files', 'staging-env']],
    ]);
    expect(worker.issuers.get('demo-idp')).toMatchObject({
      credentialExpiresAt: Date.UTC(2027, 2, 1),
      revokeIsolated: false,
    });
    expect(worker.sinks.get('staging-env')).toEqual({
      driver: 'dotenv',
      settings: { path: 'run/staging.env' },
      environments: ['staging'],
      holdsForMs: 10_000,
    });
  });

  it('may say nothing but its version', () => {
    const config = configOf('version: 1\n');
    expect(config.tokens).toEqual([]);
    expect(config.worker.notify).toEqual([
      { notifier: 'log', events: null, environments: null, settings: { log: true } },
    ]);
  });

  it('fills in what a token leaves out', () => {
    expect(firstToken(token('')) ?? null).toEqual({
      key: 'dev/a',
      owner: null,
      vault: 'local',
      issuer: 'idp',
      parameters: { grant: 'client_credentials' },
      scopes: [],
      sinks: [],
      renewBefore: { ratio: 0.33 },
      graceMs: 10_000,
      maxTtlMs: null,
      ttlMs: null,
      expect: {},
      expiresAt: null,
      remindMs: [2_592_000_000, 604_800_000, 86_400_000],
      runbook: null,
      reconcileMs: 86_400_000,
      attemptTimeoutMs: null,
    });
  });

  it('takes every setting of a token', () => {
    const settings = `owner: web
vault: local
scopes: [a, b]
maxTtl: 2h
ttl: 1h
renewBefore: 30m
grace: 1m
expect: { aud: [x, y], tier: 3 }
expiresAt: 2027-01-20T08:00:00+02:00
remind: [1d]
runbook: https://wiki.test/{environment}/{name}
reconcile: never
attemptTimeout: 20s
sinks: [{ sink: files, takeOver: true, path: "{name}.{environment}" }]`;
    expect(firstToken(token(settings))).toMatchObject({
      owner: 'web',
      scopes: ['a', 'b'],
      maxTtlMs: 7_200_000,
      ttlMs: 3_600_000,
      renewBefore: { ms: 1_800_000 },
      graceMs: 60_000,
      expect: { aud: ['x', 'y'], tier: 3 },
      expiresAt: Date.UTC(2027, 0, 20, 6),
      remindMs: [86_400_000],
      runbook: 'https://wiki.test/dev/a',
      reconcileMs: null,
      attemptTimeoutMs: 20_000,
      sinks: [{ id: 'files', connection: 'files', target: { path: 'a.dev' }, takeOver: true }],
    });
  });

  it.each([
    ['33%', { ratio: 0.33 }],
    ['12.5%', { ratio: 0.125 }],
    ['10m', { ms: 600_000 }],
  ])('takes renewBefore %s', (text, renewBefore) => {
    expect(firstToken(token(`renewBefore: ${text}`))?.renewBefore).toEqual(renewBefore);
  });

  it('follows sets within sets, and keeps a sink that is named twice once', () => {
    const text = `${connections}sinkSets: { all: [ci, files], ci: [{ sink: files, path: "{name}" }] }
tokens:
  dev/a: { issuer: by-hand, sinks: [all, files] }
`;
    expect(firstToken(text)?.sinks).toEqual([
      { id: 'files#a', connection: 'files', target: { path: 'a' }, takeOver: false },
      { id: 'files', connection: 'files', target: {}, takeOver: false },
    ]);
  });

  it('names the lanes of a sink by their targets, so that reordering changes none of them', () => {
    const ids = (paths: string[]) =>
      firstToken(token(`sinks: [${paths.map((path) => `{ sink: files, path: ${path} }`).join(', ')}]`))?.sinks.map(
        ({ id }) => id,
      );
    expect(ids(['x', 'y', 'z'])).toEqual(['files#x', 'files#y', 'files#z']);
    expect(ids(['z', 'x', 'y'])).toEqual(['files#z', 'files#x', 'files#y']);
  });

  it('lays a token over the defaults, and these over those that are built in', () => {
    const text = `${connections}defaults: { owner: platform, grace: 1m, issuer: by-hand, sinks: [files] }
tokens:
  dev/a: {}
  dev/b: { owner: web, sinks: [] }
`;
    expect(configOf(text).tokens).toMatchObject([
      { owner: 'platform', graceMs: 60_000, issuer: 'by-hand', sinks: [{ id: 'files' }] },
      { owner: 'web', graceMs: 60_000, issuer: 'by-hand', sinks: [] },
    ]);
  });

  it("fills the token's own key into the defaults", () => {
    const text = `${connections}defaults: { issuer: by-hand, owner: "team-{environment}", runbook: "https://wiki.example/{name}" }
tokens:
  dev/a: {}
  prod/b: { owner: "web-{name}" }
`;
    expect(configOf(text).tokens).toMatchObject([
      { owner: 'team-dev', runbook: 'https://wiki.example/a' },
      { owner: 'web-b', runbook: 'https://wiki.example/b' },
    ]);
  });

  it('finds the one vault that serves the environment of a token', () => {
    const text = `version: 1
vaults: { one: { driver: box, environment: dev }, two: { driver: box, environment: [prod, staging] } }
tokens: { dev/a: { issuer: by-hand }, prod/a: { issuer: by-hand } }
`;
    expect(configOf(text).tokens.map(({ vault }) => vault)).toEqual(['one', 'two']);
  });

  it('may use anchors, aliases and merge keys', () => {
    const text = `${connections}tokens:
  dev/a: &base { issuer: by-hand, owner: web, scopes: [x] }
  dev/b: { <<: *base, owner: platform }
  dev/c: *base
`;
    expect(configOf(text).tokens.map(({ owner, scopes }) => [owner, scopes])).toEqual([
      ['web', ['x']],
      ['platform', ['x']],
      ['web', ['x']],
    ]);
  });

  it('may use the name of an anchor again, which holds from there on', () => {
    const text = `${connections}tokens:
  dev/a: &base { issuer: by-hand, owner: &who one }
  dev/b: { issuer: by-hand, owner: &who two }
  dev/c: *base
  dev/d: { issuer: by-hand, owner: *who }
`;
    expect(configOf(text).tokens.map(({ owner }) => owner)).toEqual(['one', 'two', 'one', 'two']);
  });

  it('may begin with a byte order mark and have the line ends of Windows', () => {
    expect(configOf(`\ufeff${token('owner: web')}`.replaceAll('\n', '\r\n')).tokens[0]?.owner).toBe('web');
  });

  it('may hold tokens only: their names are checked by the worker then', () => {
    const text = 'version: 1\ntokens:\n  dev/a: { issuer: somewhere, grant: x, sinks: [files] }\n';
    expect(firstToken(text)).toMatchObject({
      issuer: 'somewhere',
      vault: 'local',
      parameters: { grant: 'x' },
      sinks: [{ id: 'files' }],
    });
  });

  it('lets a reference stand for any text of a connection', () => {
    const text = `version: 1
issuers: { idp: { driver: idp, url: "https://\${env:HOST}/", clientSecret: "\${file:a}", environment: dev } }
vaults: { local: { driver: box, path: "\${env:PATH_OF_VAULT}" } }
tokens: { dev/a: { issuer: idp, grant: client_credentials } }
`;
    expect(configOf(text).worker.issuers.get('idp')?.settings).toEqual({
      url: 'https://${env:HOST}/',
      clientSecret: '${file:a}',
    });
  });
});

describe('the JSON schema for editors', () => {
  const validatorOf = (registries: Registries, areKnown = false) =>
    new Ajv({ strict: false, validateFormats: false }).compile(configJsonSchema({ registries, areKnown }));
  const takes = validatorOf(testRegistries());
  const takesShipped = validatorOf(builtInRegistries);

  it('takes the shipped tokens.yaml', () => {
    expect(takesShipped(parse(shipped)), JSON.stringify(takesShipped.errors)).toBe(true);
  });

  it('takes a token with every kind of setting', () => {
    const text = token(
      'scopes: [a]\nmaxTtl: 1h30m\nreconcile: never\nexpect: { aud: x }\nsinks: [files, { sink: files, path: x }]',
    );
    expect(takes(parse(text)), JSON.stringify(takes.errors)).toBe(true);
  });

  it('takes other drivers and their parameters in a file that has modules of drivers, and in no other', () => {
    const text = (issuer: string, drivers = '') =>
      parse(`version: 1\n${drivers}issuers: { a: { ${issuer} } }\ntokens: { dev/a: { issuer: a, project: one } }\n`);
    const modules = "drivers: [./acme.mjs, '@acme/driver']\n";
    expect(takes(text('driver: acme, url: here', modules)), JSON.stringify(takes.errors)).toBe(true);
    expect(takes(text('driver: acme, url: here'))).toBe(false);
    expect(takes(text('driver: idp, url: https://idp.test, wrong: 1', modules))).toBe(false);
    expect(takes(text('url: here', modules))).toBe(false);
  });

  it('takes no other driver and parameter, modules or not, where all drivers are known', () => {
    const takesKnown = validatorOf(testRegistries(), true);
    const idp = 'driver: idp, url: https://idp.test, clientSecret: "${file:a}"';
    const text = (issuer: string, more = '') =>
      parse(
        `version: 1\ndrivers: [./acme.mjs]\nissuers: { a: { ${issuer} } }\ntokens: { dev/a: { issuer: a${more} } }\n`,
      );
    expect(takesKnown(text(idp)), JSON.stringify(takesKnown.errors)).toBe(true);
    expect(takesKnown(text('driver: acme, url: here'))).toBe(false);
    expect(takesKnown(text(idp, ', project: one'))).toBe(false);
  });

  // What needs a look at two places, or at a calendar, no schema can see.
  const beyond =
    /URL|must not hold a credential|not a mode|not a date|BadReference|ReferenceNotAllowed|units in the wrong order|a span of 200 years|an issuer that takes none/;
  const rows = [...groups.shape, ...groups.secrets].filter(
    ([name, , problems]) => !beyond.test(`${name} ${problems.join(' ')}`),
  );
  it.each(rows)('refuses %s', (_, text) => {
    expect(takes(parse(text))).toBe(false);
  });
});
