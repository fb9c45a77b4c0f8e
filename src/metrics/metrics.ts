import type { Registry } from 'prom-client';
import type { Rotation } from '../activities/rotation.js';
import type { TokenKeeperClient } from '../client.js';
import { TokenError } from '../core/errors.js';
import type { Log } from '../drivers.js';
import type { MetricSources } from './build-registry.js';
import { createTokenCollector } from './collect-tokens.js';

/** What the metrics are made of. */
export interface MetricsOptions {
  /** Lists the tokens: one paged read of visibility a scrape, at most every `everyMs`, and never a query of a token. */
  readonly client: TokenKeeperClient;
  /** Whose configuration is in force: its issuers, and when the keeper's own credentials there expire. */
  readonly connections: { readonly config: { readonly issuers: ReturnType<MetricSources['issuers']> } };
  /** Is told why the list can't be read. */
  readonly log: Log;
  /** How long a list is good for, in ms; default 5 s. */
  readonly everyMs?: number | undefined;
  /** How long a scrape may wait for Temporal, in ms; default 5 s. */
  readonly deadlineMs?: number | undefined;
}

/** The metrics of a keeper; docs/metrics.md has the table. */
export interface Metrics {
  /** Of prom-client, with nothing in it but ours: `Registry.merge` puts it beside registries of your own. */
  readonly registry: Registry;
  /** Of `text()`. */
  readonly contentType: string;
  /** The exposition format of Prometheus; answers also while Temporal is away. */
  text(): Promise<string>;
  /** For `onRotation` of the activities' deps. */
  readonly onRotation: (rotation: Rotation) => void;
}

/** Makes the metrics. prom-client is loaded here, and nowhere before. */
export async function createMetrics(options: MetricsOptions): Promise<Metrics> {
  const { client, connections, log, everyMs, deadlineMs } = options;
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
  const { registry, count } = buildRegistry({ tokens, issuers: () => connections.config.issuers, now: Date.now });
  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    onRotation: count,
  };
}
