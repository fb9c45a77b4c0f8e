/**
 * The Node API of tokenkeeper. The client alone: `temporal-tokenkeeper/client`; workflows: `temporal-tokenkeeper/workflows`; contract suites
 * for drivers: `temporal-tokenkeeper/testing`.
 */
export type { ActivityDeps, Checkpoint, Rotation, RotationResult } from './activities/index.js';
export type {
  Connections,
  CredentialNotification,
  Notification,
  OpenIssuer,
  OpenSink,
  TokenNotification,
} from './activities/connections.js';
export { tokens, type ActivityTokens } from './plugin/activity-tokens.js';
export * from './client/index.js';
export { connectWorker } from './connect-worker.js';
export { namespaceIdsOf } from './connect.js';
export type {
  Config,
  ConnectionConfig,
  IssuerConfig,
  KnownDrivers,
  NotifyConfig,
  Registries,
  SinkConfig,
  WorkerConfig,
} from './config/config.js';
export type { DriverModule } from './config/driver-modules.js';
export { configJsonSchema, type JsonSchema } from './config/json-schema.js';
export {
  ConfigProblems,
  type Problem as ConfigProblem,
  type ProblemCode as ConfigProblemCode,
} from './config/problems.js';
export type { Loaded as ConfigLoaded } from './config/load.js';
export type { ExtraDrivers } from './config/registries.js';
export type { ManagedConnections } from './connections/connections.js';
export type { NamespaceIds } from './core/record/record.js';
export type { ReissueClass } from './core/record/reissue.js';
export { readRetryAfter, type AnswerHeaders } from './core/retry-after.js';
export { Secret } from './core/secret.js';
export { secretReference, silentLog, type DriverDeps, type Log } from './drivers.js';
export { abortError as issuerAbortError } from './issuers/abort.js';
export {
  defineIssuer,
  type HeldRequest,
  type Issued,
  type Issuer,
  type IssuerCapabilities,
  type IssuerDriver,
  type IssuerRequest,
  type IssueRequest,
  type ProbeRequest,
  type ProbeResult,
  type UsageAnswer,
  type Verification,
} from './issuers/issuer.js';
export type { ListenAddress } from './metrics/listen-address.js';
export { createMetrics, type Metrics, type MetricsOptions } from './metrics/metrics.js';
export type { HostMetricsOptions } from './worker/start-metrics.js';
export { serveMetrics, type MetricsEndpoint, type Readiness } from './metrics/serve-metrics.js';
export { TokenKeeperPlugin, type TokenKeeperPluginOptions } from './plugin.js';
export { connectionsOf, readConfig, readDrivers, type ReadConfig, type ReadConfigOptions } from './read-config.js';
export { Tokens, type HeldToken, type TokensOptions, type WithTokenOptions } from './runtime.js';
export { abortError as sinkAbortError } from './sinks/abort.js';
export {
  defineSink,
  type Delivery,
  type PlaceFile,
  type Sink,
  type SinkDriver,
  type SinkReading,
  type SinkRequest,
} from './sinks/sink.js';
export { defineVault, type Vault, type VaultDocument, type VaultDriver } from './vaults/vault.js';
/** The zod for schemas of drivers; another zod 4 works, too. */
export { z } from 'zod';
export { createTokens, type CreateTokensOptions } from './tokens.js';
export { createWorkerHost, type WorkerHost, type WorkerHostOptions } from './worker.js';
