import { parser } from '@prometheus-io/lezer-promql';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { bareRow } from '../../src/client/list.js';
import { keeperMetrics } from '../../src/metrics/keeper-metrics.js';
import { tokenLabels, tokenMetrics } from '../../src/metrics/token-metrics.js';
import { projectDir } from '../support/temporal-paths.js';
import { firstCellsOf, rowsOf } from './markdown.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly do: string };
}

const read = (path: string): unknown => parse(readFileSync(join(projectDir, path), 'utf8'));
const { groups } = read('deploy/prometheus/rules.yaml') as {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const { tests } = read('deploy/prometheus/rules.test.yaml') as {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  }[];
};

/** Every metric and the labels of its series. */
const labelsOfMetrics = new Map<string, readonly string[]>([
  ...tokenMetrics.map(({ name, labels }) => [name, [...tokenLabels, ...labels]] as const),
  ...Object.values(keeperMetrics).map(({ name, labelNames }) => [name, labelNames] as const),
]);

/** Labels that Prometheus itself gives every series: what was scraped, and where. */
const ofPrometheus: ReadonlySet<string> = new Set(['job', 'instance', 'namespace']);

/** The text of every node of these kinds in an expression, by the grammar of Prometheus itself. */
function partsOf(expr: string, ...kinds: readonly string[]): string[] {
  const parts: string[] = [];
  parser.parse(expr).iterate({
    enter({ name, type, from, to }) {
      if (kinds.includes(type.isError ? 'error' : name)) parts.push(expr.slice(from, to) || `at ${from}`);
    },
  });
  return parts;
}

test('docs/metrics.md has every metric and its own labels, and no other', () => {
  const told = rowsOf('docs/metrics.md', 'Metrics').map(([name = '', labels = '']) => {
    const own = [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label);
    return [name.replaceAll('`', ''), [...(labels.includes('token') ? tokenLabels : []), ...own]] as const;
  });
  expect(new Map(told)).toEqual(labelsOfMetrics);
});

test('docs/metrics.md has every alert of deploy/prometheus/rules.yaml, in its order', () => {
  expect(firstCellsOf('docs/metrics.md', 'Alerts')).toEqual(rules.map(({ alert }) => alert));
});

describe('the rule', () => {
  test.each(rules)('$alert is an expression of PromQL over metrics and labels that are there', ({ expr }) => {
    expect(partsOf(expr, 'error')).toEqual([]);
    const used = partsOf(expr, 'VectorSelector').map((selector) => /^\w+/.exec(selector)?.[0] ?? '');
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((name) => !labelsOfMetrics.has(name))).toEqual([]);
    const labels = partsOf(expr, 'LabelName').filter((label) => !ofPrometheus.has(label));
    expect(labels.filter((label) => !used.some((name) => labelsOfMetrics.get(name)?.includes(label)))).toEqual([]);
  });

  test.each(rules)('$alert says how bad it is, what holds and what to do', (rule) => {
    expect(['critical', 'warning']).toContain(rule.labels.severity);
    expect(rule.for ?? '1m').toMatch(/^\d+[mh]$/);
    expect(rule.annotations.do).not.toBe('');
    // A label that is not among those of the alert would be written as nothing.
    const shown = [...rule.annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    expect(partsOf(rule.expr, 'LabelName')).toEqual(expect.arrayContaining(shown));
  });

  test('TokenKeeperKeepsNothing asks for a series of every token, also where the namespace lacks the search attributes', () => {
    const keyAlone = bareRow('production/crm');
    const expr = rules.find(({ alert }) => alert === 'TokenKeeperKeepsNothing')?.expr ?? '';
    const missing = partsOf(expr, 'VectorSelector').find((name) => name.startsWith('tokenkeeper_token_'));
    expect(tokenMetrics.find(({ name }) => name === missing)?.samplesOf(keyAlone)).not.toEqual([]);
    expect(missing).toBeDefined();
  });

  test.each(rules)('$alert is tested: when it fires, and when not', ({ alert }) => {
    const own = tests.flatMap((one) => one.alert_rule_test).filter(({ alertname }) => alertname === alert);
    expect(new Set(own.map(({ exp_alerts: alerts }) => alerts.length > 0))).toEqual(new Set([true, false]));
  });

  test.each([
    { expr: 'max by (key (tokenkeeper_collector_up)', finds: 'error' },
    { expr: 'tokenkeeper_collector_up ==', finds: 'error' },
  ])('$expr would be found out', ({ expr, finds }) => {
    expect(partsOf(expr, finds).length).toBeGreaterThan(0);
  });
});

test('deploy/prometheus/scrape.yaml scrapes this machine', () => {
  const { scrape_configs: jobs } = read('deploy/prometheus/scrape.yaml') as {
    readonly scrape_configs: readonly { readonly static_configs: readonly { readonly targets: readonly string[] }[] }[];
  };
  expect(jobs.flatMap((job) => job.static_configs.flatMap(({ targets }) => targets))).toEqual(['127.0.0.1:9464']);
});
