import type { ActivityDeps } from '../activities/index.js';
import type { ListenAddress } from '../metrics/listen-address.js';
import { createMetrics, type MetricsOptions } from '../metrics/metrics.js';
import { serveMetrics, type MetricsEndpoint, type Readiness } from '../metrics/serve-metrics.js';

/** Metrics that a worker serves by itself. */
export interface HostMetricsOptions extends Pick<MetricsOptions, 'client' | 'everyMs' | 'deadlineMs'> {
  readonly listen: ListenAddress;
}

/** Metrics that are being served. */
export interface HostMetrics extends MetricsEndpoint {
  readonly onRotation: NonNullable<ActivityDeps['onRotation']>;
}

/** Serves the metrics of a worker, and whether it is ready. @throws TokenError `PortTaken`, `ConfigInvalid` */
export async function startMetrics(
  { listen, ...options }: MetricsOptions & HostMetricsOptions,
  ready: Readiness,
): Promise<HostMetrics> {
  const metrics = await createMetrics(options);
  const { url, stop } = await serveMetrics(metrics, listen, options.log, ready);
  return { url, stop, onRotation: metrics.onRotation };
}
