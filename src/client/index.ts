/** The client alone, for programs that start, change and watch tokens: no worker, no vault, nothing native, so that it can be bundled. */
export { TokenKeeperClient, type Applied, type ChangeOptions, type TokenKeeperClientOptions } from '../client.js';
export { connectClient, type ConnectClientOptions, type Connected, type ConnectOptions } from '../connect.js';
export { errorTable, TokenError, type ErrorCode, type ErrorKind, type TokenErrorOptions } from '../core/errors.js';
export { RequestRefused, type RefusalCode } from '../core/lifecycle/refusals.js';
export type { TokenSpec } from '../core/spec.js';
export type { TokenRow } from './list.js';
export type { UpdateAnswer } from './requests.js';
export type { TokenStatus } from './status.js';
