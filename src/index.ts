/** The Node API of tokenkeeper. Workflows: `temporal-tokenkeeper/workflows`; contract suites for drivers: `temporal-tokenkeeper/testing`. */
export { createActivities, type ActivityDeps } from './activities/index.js';
export type { Connections, Notification, OpenIssuer, OpenSink } from './activities/connections.js';
export { tokens } from './activity-tokens.js';
export { TokenKeeperClient, type Applied, type ChangeOptions, type TokenKeeperClientOptions } from './client.js';
export { RequestRefused, type UpdateAnswer } from './client/requests.js';
export type { TokenRow } from './client/list.js';
export type { TokenStatus } from './client/status.js';
export { connectClient, type Connected, type ConnectOptions } from './connect.js';
export { errorTable, TokenError, type ErrorCode, type ErrorKind } from './core/errors.js';
export { Secret } from './core/secret.js';
export type { TokenSpec } from './core/spec.js';
export type { DriverDeps, Log } from './drivers.js';
export { defineIssuer, type Issuer, type IssuerDriver } from './issuers/issuer.js';
export { TokenKeeperPlugin, type TokenKeeperPluginOptions } from './plugin.js';
export { Tokens, type HeldToken, type TokensOptions, type WithTokenOptions } from './runtime.js';
export { defineSink, type Sink, type SinkDriver } from './sinks/sink.js';
export { defineVault, type Vault, type VaultDriver } from './vaults/vault.js';
export { createWorkerHost, type WorkerHost, type WorkerHostOptions } from './worker.js';
