/**
 * The Node API of tokenkeeper. The client alone: `temporal-tokenkeeper/client`; workflows: `temporal-tokenkeeper/workflows`; contract suites
 * for drivers: `temporal-tokenkeeper/testing`.
 */
export { createActivities, type ActivityDeps, type Rotation, type RotationResult } from './activities/index.js';
export type { Connections, Notification, OpenIssuer, OpenSink } from './activities/connections.js';
export { tokens } from './plugin/activity-tokens.js';
export { TokenKeeperClient, type Applied, type ChangeOptions, type TokenKeeperClientOptions } from './client.js';
export type { UpdateAnswer } from './client/requests.js';
export type { TokenRow } from './client/list.js';
export type { TokenStatus } from './client/status.js';
export { connectWorker } from './connect-worker.js';
export {
  connectClient,
  namespaceIdsOf,
  type ConnectClientOptions,
  type Connected,
  type ConnectOptions,
} from './connect.js';
export type { KnownDrivers, Registries } from './config/config.js';
export { configJsonSchema, type JsonSchema } from './config/json-schema.js';
export type { ExtraDrivers } from './config/registries.js';
export { errorTable, TokenError, type ErrorCode, type ErrorKind, type TokenErrorOptions } from './core/errors.js';
export { RequestRefused, type RefusalCode } from './core/lifecycle/refusals.js';
export type { NamespaceIds } from './core/record/record.js';
export { readRetryAfter, type AnswerHeaders } from './core/retry-after.js';
export { Secret } from './core/secret.js';
export type { TokenSpec } from './core/spec.js';
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
