import type { Registry } from 'prom-client';
import type { Rotation } from '../activities/rotation.js';
import type { TokenKeeperClient } from '../client.js';
import { TokenError } from '../core/errors.js';
import type { Log } from '../drivers.js';
import type { MetricSources } from './build-registry.js';
import { createTokenCollector } from './collect-tokens.js';

/** Options of `createMetrics`. */
export interface MetricsOptions {
  /** Lists the tokens: one paged read of visibility per scrape, at most every `everyMs`; no token is queried. */
  readonly client: TokenKeeperClient;
  /** For the issuers of the configuration in force, and when the keeper's own credentials there expire. */
  readonly connections: { readonly config: { readonly issuers: ReturnType<MetricSources['issuers']> } };
  /** Whether the configuration that was read last is in force, where it is read again. */
  readonly isConfigValid?: MetricSources['isConfigValid'];
  /** Gets a line when the list can't be read. */
  readonly log: Log;
  /** How long a list is reused, in ms; default 5 s. */
  readonly everyMs?: number | undefined;
  /** How long a scrape may wait for Temporal, in ms; default 5 s. */
  readonly deadlineMs?: number | undefined;
}

/** The metrics of a keeper; docs/metrics.md has the table. */
export interface Metrics {
  /** A prom-client registry with our metrics only: `Registry.merge` combines it with your own. */
  readonly registry: Registry;
  /** The content type of `text()`. */
  readonly contentType: string;
  /** The metrics in Prometheus's exposition format; answers also while Temporal is down. */
  text(): Promise<string>;
  /** For `onRotation` of the activities' deps. */
  readonly onRotation: (rotation: Rotation) => void;
}

/** Makes the metrics. prom-client is loaded only here. */
export async function createMetrics(options: MetricsOptions): Promise<Metrics> {
  const { client, connections, log, isConfigValid, everyMs, deadlineMs } = options;
  const { buildRegistry } = await import('./build-registry.js');
  const tokens = createTokenCollector({
    list: (signal) => client.temporal.withAbortSignal(signal, () => client.list()),
    now: Date.now,
    everyMs,
    deadlineMs,
    onFailure(error) {
      const code = error instanceof TokenError ? error.code : 'ServerUnavailable';
      log.warn('the list of tokens cannot be read for metrics', { code });
    },
  });
  const { registry, count } = buildRegistry({
    tokens,
    issuers: () => connections.config.issuers,
    isConfigValid,
    now: Date.now,
  });
  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    onRotation: count,
  };
}
