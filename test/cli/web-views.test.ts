import { SearchAttributeType, defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uiWorkflowsPathOf } from '../../src/cli/web-ui/ui-url.js';
import { viewLink, webViews, type WebView } from '../../src/cli/web-ui/web-views.js';
import { defaultSearchAttributePrefix, workflowType } from '../../src/core/names.js';
import { rowsOf, readDocument } from '../docs/markdown.js';
import { withCli } from '../support/cli.js';
import { withTemporal } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli({ worker: false });
const temporal = withTemporal();
const hour = 3_600_000;
const uiEnv = { TOKENKEEPER_UI_URL: 'http://ui.test/' };

/** A token as the index has it; nobody works on it, so that it stays so. Hours from now. */
interface Indexed {
  readonly state: string;
  readonly renewsIn: number | null;
  readonly expiresIn: number | null;
  readonly owner?: string;
  readonly issuer?: string;
  readonly environment?: string;
}

const index: Readonly<Record<string, Indexed>> = {
  'short-lived': { state: 'healthy', renewsIn: 0.5, expiresIn: 1 },
  renewing: { state: 'renewing', renewsIn: 0.5, expiresIn: 1 },
  'by-hand': { state: 'tracked', renewsIn: null, expiresIn: 12, owner: 'web', issuer: 'manual' },
  'by-hand-later': { state: 'tracked', renewsIn: null, expiresIn: 48, issuer: 'manual' },
  refused: { state: 'needs-attention', renewsIn: 30, expiresIn: 60, owner: 'web', environment: 'staging' },
  lost: { state: 'outcome-unknown', renewsIn: 30, expiresIn: 60 },
  behind: { state: 'partial', renewsIn: 30, expiresIn: 60 },
  retried: { state: 'degraded', renewsIn: -1, expiresIn: 2 },
  died: { state: 'expired', renewsIn: -2, expiresIn: -1 },
  'nobody-said-so': { state: 'healthy', renewsIn: -2, expiresIn: -1 },
};

const found: Readonly<Record<string, readonly string[]>> = {
  kept: Object.keys(index),
  'needs a person': ['refused', 'lost', 'died'],
  partial: ['behind'],
  degraded: ['retried'],
  overdue: ['retried', 'died', 'nobody-said-so'],
  expired: ['died', 'nobody-said-so'],
  'expires within 24 h': ['by-hand', 'retried', 'died'],
};

const idOf = (name: string): string => `${bench.environment}/${index[name]?.environment ?? 'production'}/${name}`;

async function namesFound(query: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { workflowId } of temporal().client.workflow.list({ query })) {
    names.push(workflowId.slice(workflowId.lastIndexOf('/') + 1));
  }
  return names.toSorted();
}

async function viewsOf(...options: readonly string[]): Promise<(WebView & { readonly url: string | null })[]> {
  const { stdout, stderr } = await bench.tokenkeeper(['list', '--web', '-o', 'json', ...options], { env: uiEnv });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as (WebView & { readonly url: string | null })[];
}

beforeAll(async () => {
  const now = Date.now();
  const at = (hours: number | null): Date | null => (hours === null ? null : new Date(now + hours * hour));
  const keyword = (name: string, value: string): SearchAttributePair => ({
    key: defineSearchAttributeKey(`TokenKeeper${name}`, SearchAttributeType.KEYWORD),
    value,
  });
  const instant = (name: string, value: Date | null): SearchAttributePair[] =>
    value === null
      ? []
      : [{ key: defineSearchAttributeKey(`TokenKeeper${name}`, SearchAttributeType.DATETIME), value }];
  for (const [name, row] of Object.entries(index)) {
    await temporal().client.workflow.start(workflowType, {
      workflowId: idOf(name),
      taskQueue: `${bench.environment}-nobody`,
      typedSearchAttributes: [
        keyword('State', row.state),
        keyword('Owner', row.owner ?? 'platform'),
        keyword('Issuer', row.issuer ?? 'idp'),
        ...instant('ExpiresAt', at(row.expiresIn)),
        ...instant('RenewAt', at(row.renewsIn)),
      ],
    });
  }
  await waitFor(() => namesFound(`WorkflowId STARTS_WITH "${bench.environment}/"`), {
    limitMs: 45_000,
    until: (names) => names.length === Object.keys(index).length,
  });
});

afterAll(async () => {
  for (const name of Object.keys(index)) await temporal().client.workflow.getHandle(idOf(name)).terminate();
});

describe('list --web', () => {
  it.each(Object.entries(found))('the server finds by %s the tokens that are meant', async (name, names) => {
    const view = (await viewsOf()).find((one) => one.name === name);
    expect(await namesFound(view?.query ?? '')).toEqual(names.toSorted());
  });

  it('has no other views', async () => {
    expect((await viewsOf()).map(({ name }) => name)).toEqual(Object.keys(found));
  });

  it.each([
    { narrowing: ['--owner', 'web'], suffix: 'web', names: ['by-hand', 'refused'] },
    { narrowing: ['--issuer', 'manual'], suffix: 'manual', names: ['by-hand', 'by-hand-later'] },
    { narrowing: ['-e', 'staging'], suffix: 'staging', names: ['refused'] },
    { narrowing: ['-e', 'production', '--owner', 'web'], suffix: 'production, web', names: ['by-hand'] },
    { narrowing: ['--owner', 'a "quoted" \\ one'], suffix: 'a "quoted" \\ one', names: [] },
  ])('$narrowing narrows every view, and its name says so', async ({ narrowing, suffix, names }) => {
    const views = await viewsOf(...narrowing);
    expect(views.map(({ name }) => name)).toEqual(Object.keys(found).map((name) => `${name}, ${suffix}`));
    const each = await Promise.all(views.map(({ query }) => namesFound(query)));
    expect(each).toEqual(Object.values(found).map((all) => all.filter((name) => names.includes(name)).toSorted()));
  });

  it('links to the Web UI, which saves a view that stays true and does not save one with an instant', async () => {
    for (const { name, query, dated, url } of await viewsOf()) {
      const { origin, pathname, searchParams } = new URL(url ?? '');
      expect(origin + pathname).toBe('http://ui.test/namespaces/default/workflows');
      expect(Object.fromEntries(searchParams)).toEqual(dated ? { query } : { query, savedQuery: name });
      expect(/"\d{4}-/.test(query)).toBe(dated);
    }
  });

  it('is a table of links for people, and of queries where the Web UI is not known', async () => {
    const { stdout } = await bench.tokenkeeper(['list', '--web'], { env: uiEnv });
    expect(stdout).toMatch(/^VIEW +LINK\nkept +http:\/\/ui\.test\/namespaces\/default\/workflows\?query=/);
    const without = await bench.tokenkeeper(['list', '--web']);
    expect(without.stdout).toMatch(/^VIEW +QUERY\nkept +WorkflowId STARTS_WITH/);
    expect(without.stderr).toContain('set TOKENKEEPER_UI_URL');
    expect((await bench.tokenkeeper(['list', '--web', '-o', 'name'])).stdout.trimEnd().split('\n')).toEqual(
      Object.keys(found),
    );
  });

  it.each(['--check', '--watch', '--state=healthy'])('does not go with %s', async (other) => {
    expect((await bench.tokenkeeper(['list', '--web', other])).code).toBe(2);
  });
});

it('docs/operation.md has every view with its query', () => {
  const instants: readonly [string, string][] = [
    ['NOW', '1970-01-01T00:00:00.000Z'],
    ['TOMORROW', '1970-01-02T00:00:00.000Z'],
  ];
  const kept = 'AND WorkflowId STARTS_WITH "tokenkeeper/" AND CloseTime IS NULL';
  const views = webViews('tokenkeeper', defaultSearchAttributePrefix, 0, {}).map(({ name, query }) => {
    const dated = instants.reduce((text, [word, instant]) => text.replaceAll(instant, word), query);
    return [name, `\`${dated.replace(` ${kept}`, ' …')}\``];
  });
  expect(rowsOf('docs/operation.md', 'Saved views of the Web UI').map(([name, query]) => [name, query])).toEqual(views);
  expect(readDocument('docs/operation.md')).toContain(`\`${kept}\``);
});

it('docs/operation.md has the links to the views that stay true', () => {
  const views = webViews('tokenkeeper', defaultSearchAttributePrefix, 0, {}).filter(({ dated }) => !dated);
  const links = views.map((view) => viewLink(view, uiWorkflowsPathOf('default')));
  expect(readDocument('docs/operation.md')).toContain(`\`\`\`text\n${links.join('\n')}\n\`\`\``);
});
