import { Counter, Gauge, Registry } from 'prom-client';
import { rotationResults, type Rotation } from '../activities/rotation.js';
import { rowNow } from '../client/row-now.js';
import type { TokenCollection } from './collect-tokens.js';
import { keeperMetrics } from './keeper-metrics.js';
import { labelsOf, tokenLabels, tokenMetrics } from './token-metrics.js';

/** The sources of the metrics, read at each scrape. */
export interface MetricSources {
  readonly tokens: () => Promise<TokenCollection>;
  /** The issuer connections in force, and when the keeper's own credential at each expires, in Unix ms; null: not known. */
  readonly issuers: () => ReadonlyMap<string, { readonly credentialExpiresAt: number | null }>;
  /** Whether the configuration that was read last is in force; undefined: nobody reads it again. */
  readonly isConfigValid?: (() => boolean) | undefined;
  /** Unix ms. */
  readonly now: () => number;
}

/** The registry to scrape, and the counter of rotations. */
export interface MetricRegistry {
  readonly registry: Registry;
  readonly count: (rotation: Rotation) => void;
}

/** Builds the registry. Only this file imports prom-client, and only where metrics are wanted. */
export function buildRegistry(sources: MetricSources): MetricRegistry {
  const registry = new Registry();
  addTokenGauges(registry, sources);
  addCollectorGauges(registry, sources);
  addBootstrapGauge(registry, sources);
  addConfigGauge(registry, sources);
  return { registry, count: addRotationCounter(registry, sources) };
}

function addTokenGauges(registry: Registry, { tokens, now }: MetricSources): void {
  for (const { name, help, labels, samplesOf } of tokenMetrics) {
    new Gauge({
      name,
      help,
      labelNames: [...tokenLabels, ...labels],
      registers: [registry],
      async collect() {
        const { rows } = await tokens();
        const at = now();
        // No await from here on, so that a concurrent scrape never sees half of the rows.
        this.reset();
        for (const row of rows) {
          const token = labelsOf(row);
          for (const sample of samplesOf(rowNow(row, at))) this.set({ ...token, ...sample.labels }, sample.value);
        }
      },
    });
  }
}

function addCollectorGauges(registry: Registry, { tokens }: MetricSources): void {
  new Gauge({
    ...keeperMetrics.collectorUp,
    registers: [registry],
    async collect() {
      const { isUp } = await tokens();
      this.set(isUp ? 1 : 0);
    },
  });
  new Gauge({
    ...keeperMetrics.collected,
    registers: [registry],
    async collect() {
      const { collectedAt } = await tokens();
      this.set((collectedAt ?? 0) / 1_000);
    },
  });
}

function addBootstrapGauge(registry: Registry, { issuers }: MetricSources): void {
  new Gauge({
    ...keeperMetrics.bootstrap,
    registers: [registry],
    collect() {
      this.reset();
      for (const [issuer, { credentialExpiresAt }] of issuers()) {
        if (credentialExpiresAt !== null) this.set({ issuer }, credentialExpiresAt / 1_000);
      }
    },
  });
}

function addConfigGauge(registry: Registry, { isConfigValid }: MetricSources): void {
  if (isConfigValid === undefined) return;
  new Gauge({
    ...keeperMetrics.config,
    registers: [registry],
    collect() {
      this.set(isConfigValid() ? 1 : 0);
    },
  });
}

function addRotationCounter(registry: Registry, { issuers }: MetricSources): MetricRegistry['count'] {
  const counter = new Counter({
    ...keeperMetrics.rotations,
    registers: [registry],
    collect() {
      // Zero from the first scrape on: a series that begins with its first failure has no rate for it.
      for (const issuer of issuers().keys()) for (const result of rotationResults) this.inc({ issuer, result }, 0);
    },
  });
  return ({ issuer, result }) => {
    // The name came through Temporal: whoever can write there must not create series at will.
    counter.inc({ issuer: issuers().has(issuer) ? issuer : 'undeclared', result });
  };
}
