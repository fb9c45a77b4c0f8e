import { InvalidArgumentError, Option } from 'commander';
import { parseListenAddress, type ListenAddress } from '../../metrics/listen-address.js';
import type { Io } from '../io.js';
import { wrongUsage } from '../report.js';

/** Whether and where a worker serves metrics. */
export interface MetricsFlags {
  readonly metrics?: ListenAddress;
}

const variable = 'TOKENKEEPER_METRICS_ADDR';
const form = 'It is a port, or a host and a port, such as 9464, 0.0.0.0:9464 or [::1]:9464.';

/** `--metrics`, for commands that run a worker. */
export const metricsOption = (): Option =>
  new Option(
    '--metrics <host:port>',
    `serve /metrics for Prometheus, /healthz and /readyz there; a port alone: on 127.0.0.1; ${variable}; default: none`,
  ).argParser((text: string) => {
    const address = parseListenAddress(text);
    if (address !== null) return address;
    throw new InvalidArgumentError(form);
  });

/** Where to serve metrics: from the option, else the variable. @throws Failure where the variable is no address */
export function metricsAddressOf({ metrics }: MetricsFlags, env: Io['env']): ListenAddress | undefined {
  // Deployments leave a variable out by making it empty.
  const text = env[variable] || undefined;
  if (metrics !== undefined || text === undefined) return metrics;
  const address = parseListenAddress(text);
  if (address !== null) return address;
  throw wrongUsage(`${variable} is no address`, form);
}
