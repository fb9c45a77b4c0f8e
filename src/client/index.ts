/** The client alone, for programs that start, change and watch tokens: no worker, no vault, nothing native, so that it can be bundled. */
export { TokenKeeperClient, type Applied, type ChangeOptions, type TokenKeeperClientOptions } from '../client.js';
export { connectClient, type ConnectClientOptions, type Connected, type ConnectOptions } from '../connect.js';
export { errorTable, TokenError, type ErrorCode, type ErrorKind, type TokenErrorOptions } from '../core/errors.js';
export { RequestRefused, type RefusalCode } from '../core/lifecycle/refusals.js';
export type { Condition } from '../core/lifecycle/conditions.js';
export type {
  Answer as RequestAnswer,
  Closing as TokenClosing,
  CurrentGeneration,
  LeftSink,
  Pause as TokenPause,
  PreviousGeneration,
  Problem as TokenProblem,
  RequestOutcome,
  Stall as StalledStep,
  Wanted as WantedRotation,
} from '../core/lifecycle/state.js';
export type { SinkError, SinkRow as SinkStatus } from '../core/lifecycle/sink-rows.js';
export type { Json, JsonObject } from '../core/json.js';
export type { RenewBefore, SinkSpec, TokenSpec } from '../core/spec.js';
export type { TokenRow } from './list.js';
export type { UpdateAnswer } from './requests.js';
export type { PendingStep, TokenStatus } from './status.js';
