/** A library of a user, of which the compiler writes declarations: each of these types has to have a name that can be imported. */
import { acknowledge } from './declarations-client.mjs';
import {
  connectionsOf,
  createMetrics,
  readConfig,
  tokens,
  type ActivityDeps,
  type ConfigProblems,
  type IssuerCapabilities,
  type MetricsOptions,
  type Notification,
  type WorkerConfig,
  type WorkerHostOptions,
} from 'temporal-tokenkeeper';

export const loaded = await readConfig(['tokens.yaml']);
export const { config, modules } = loaded;
export const { worker } = config;
export const connections = connectionsOf(loaded, { log: console });
export const problemsOf = (error: ConfigProblems) => error.problems;
export const runtime = () => tokens();
export const metrics = (options: MetricsOptions) => createMetrics(options);
export const metricsOf = (options: WorkerHostOptions) => options.metrics;
export const onConfigReadOf = (options: WorkerHostOptions) => options.onConfigRead;
export const isOfToken = (told: Notification) => ('key' in told ? told : null);
export const eventOf = (told: Notification) => told.event;
export const classOf = ({ reissue }: IssuerCapabilities) => reissue;
export const checkpointOf = (deps: ActivityDeps) => deps.checkpoint;
export const eventsOf = ({ notify }: WorkerConfig) => notify.map(({ events }) => events);
export { acknowledge };
