/**
 * What the lifecycle does about an error.
 * - `transient`: retried at once within the burst, then on the backoff of core.
 * - `waiting`: somebody has to change something outside (a configuration, a permission); retried slowly, and at once on request.
 * - `person`: no automatic attempt may follow, a person decides (the value or the grant would be lost otherwise).
 */
export type ErrorKind = 'transient' | 'waiting' | 'person';

interface ErrorRow {
  readonly kind: ErrorKind;
  /** From an issuer: the provider refused, so that nothing was issued. */
  readonly refusal?: true;
  /** What to do next, one line for people. */
  readonly do: string;
}

/** Every error that tokenkeeper raises on purpose: a stable code, what the lifecycle does about it, what people do about it. */
export const errorTable = {
  // the provider
  ProviderUnavailable: {
    kind: 'transient',
    do: 'nothing, it is retried; see the provider’s status page when it lasts',
  },
  RateLimited: { kind: 'transient', refusal: true, do: 'nothing, it is retried when the provider allows' },
  UnexpectedAnswer: { kind: 'waiting', do: 'compare the issuer’s url and driver with the provider’s documentation' },
  InvalidGrant: { kind: 'person', refusal: true, do: 'obtain a new first grant, then: tokenkeeper reauthorize KEY' },
  InvalidClient: { kind: 'waiting', refusal: true, do: 'correct the client credentials of the issuer connection' },
  InvalidRequest: { kind: 'waiting', refusal: true, do: 'correct the parameters of the token' },
  InvalidScope: { kind: 'waiting', refusal: true, do: 'correct scopes of the token, or grant them at the provider' },
  ProviderRefused: { kind: 'waiting', refusal: true, do: 'grant the permission at the provider' },
  OutcomeUnknown: {
    kind: 'person',
    do: 'find out at the provider whether a token was issued; if so, obtain a new first grant; then: tokenkeeper reauthorize KEY',
  },
  NotMintable: { kind: 'person', refusal: true, do: 'obtain the value by hand, then: tokenkeeper import KEY' },
  // what was issued is not what was declared
  WrongEnvironment: {
    kind: 'waiting',
    do: 'the token does not prove the environment it was declared for: correct issuer or expect',
  },
  ScopeExceeded: {
    kind: 'waiting',
    do: 'the provider granted more than scopes allow: narrow it there, or widen scopes',
  },
  TtlExceeded: {
    kind: 'waiting',
    do: 'the provider granted a longer life than maxTtl allows: shorten it there, or widen maxTtl',
  },
  AlreadyExpired: {
    kind: 'waiting',
    do: 'the provider issued a token that is expired on arrival: check its clock and lifetime',
  },
  ExpiryUnknown: { kind: 'waiting', do: 'the provider tells no expiry: set ttl of the token' },
  NotAccepted: { kind: 'waiting', do: 'the provider does not accept the token that it issued: see its audit log' },
  // the fences
  IntentOpen: { kind: 'transient', do: 'nothing, another attempt is under way' },
  AttemptLost: { kind: 'transient', do: 'nothing, a newer attempt took over' },
  Conflict: { kind: 'transient', do: 'nothing, it is retried' },
  NotOwner: { kind: 'waiting', do: 'another workflow keeps this token; if it is gone: tokenkeeper apply --take-over' },
  VaultMismatch: {
    kind: 'transient',
    do: 'point this worker at the vault that holds the token; where that is lost for good: tokenkeeper forget KEY, then: tokenkeeper apply --take-over',
  },
  VaultRolledBack: {
    kind: 'person',
    do: 'restore the newer vault; or, with a new first grant: tokenkeeper reauthorize KEY',
  },
  GrantClaimed: { kind: 'person', do: 'a first grant serves one token once: obtain a grant of its own' },
  PolicyDenied: {
    kind: 'waiting',
    do: 'the worker’s configuration does not allow this: change it there, or the token',
  },
  // the vault
  VaultUnavailable: { kind: 'transient', do: 'nothing, it is retried; check the vault when it lasts' },
  VaultLocked: {
    kind: 'waiting',
    do: 'give the vault key by TOKENKEEPER_VAULT_KEY_FILE, TOKENKEEPER_VAULT_KEY or the vault’s key setting',
  },
  VaultWrongKey: { kind: 'waiting', do: 'give the key that this vault was made with' },
  VaultDamaged: {
    kind: 'person',
    do: 'restore the vault file from a backup: tokenkeeper vault restore; then: tokenkeeper rotate KEY',
  },
  VaultNewer: { kind: 'waiting', do: 'run the newer tokenkeeper that wrote this vault' },
  VaultUnsupported: { kind: 'waiting', do: 'put the embedded vault on a local disk of the worker’s host' },
  // the sinks
  SinkUnavailable: { kind: 'transient', do: 'fix the receiver, or: tokenkeeper deliver KEY --sink SINK' },
  SinkRefused: {
    kind: 'waiting',
    do: 'correct the sink’s configuration or permissions; to try at once: tokenkeeper deliver KEY --sink SINK',
  },
  SinkNotOurs: {
    kind: 'waiting',
    do: 'a person, or a tokenkeeper with another vault, wrote what stands there: end that, then remove it, or apply with --take-over',
  },
  // the Temporal server
  ServerUnavailable: { kind: 'transient', do: 'start Temporal, or put the program temporal on PATH' },
  ServerRefused: { kind: 'waiting', do: 'set TEMPORAL_API_KEY or TLS certificates, or a profile of temporal.toml' },
  WorkflowTaskFailing: { kind: 'waiting', do: 'run the newest version of the worker' },
  PortTaken: { kind: 'waiting', do: 'choose another port, or stop what listens there' },
  // requests
  NotKept: { kind: 'waiting', do: 'declare the token in tokens.yaml, then: tokenkeeper apply' },
  RequestRefused: { kind: 'waiting', do: 'see: tokenkeeper status KEY' },
  RotationPending: { kind: 'transient', do: 'nothing, the rotation goes on: ask again' },
  RotationFailed: { kind: 'transient', do: 'see: tokenkeeper status KEY' },
  TokenExpired: { kind: 'transient', do: 'see: tokenkeeper status KEY' },
  // configuration and the rest
  ConfigInvalid: { kind: 'waiting', do: 'correct the configuration' },
  ReferenceUnresolved: {
    kind: 'waiting',
    do: 'set the environment variable where the program starts (a running worker: start it again), or write the file that the reference names',
  },
  AttemptTimedOut: { kind: 'transient', do: 'nothing, it is retried; see the log of the worker when it lasts' },
  Cancelled: { kind: 'transient', do: 'nothing, the work was cancelled' },
  Internal: { kind: 'transient', do: 'report it with the log of the worker' },
} as const satisfies Record<string, ErrorRow>;

/** A stable error code. */
export type ErrorCode = keyof typeof errorTable;

/** Whether a string (from a failure that came through Temporal) is one of our codes. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code);
}

/** Whether an issuer's error means that the provider refused, so that nothing was issued; any other one leaves the outcome open. */
export function isRefusal(code: ErrorCode): boolean {
  const row: ErrorRow | undefined = isErrorCode(code) ? errorTable[code] : undefined;
  return row?.refusal === true;
}

/** What the lifecycle does about a code; an unknown one is retried. */
export function errorKind(code: string): ErrorKind {
  return isErrorCode(code) ? errorTable[code].kind : 'transient';
}

/** What one error states more exactly than the table. */
export interface TokenErrorOptions {
  /** The provider's own wish (Retry-After), in ms from now. */
  readonly retryAfterMs?: number | undefined;
  /** A better remedy than the table's. */
  readonly do?: string | undefined;
  /** The issuer knows that its request was not sent or not handled: nothing was issued, whatever the code says. Default: not known. */
  readonly nothingIssued?: boolean | undefined;
}

const isSpan = (given: unknown): given is number => typeof given === 'number' && !Number.isNaN(given);

/** Recognized by a mark, not by the class: a driver from a package may bring its own copy of tokenkeeper. */
const errorMark = Symbol.for('tokenkeeper.TokenError');

/** The one error class. `message` names places and kinds; a provider's answer, a cause or a secret must not reach it. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly code: ErrorCode;
  readonly do: string;
  readonly retryAfterMs: number | undefined;
  readonly nothingIssued: boolean;

  constructor(code: ErrorCode, message: string, options: TokenErrorOptions = {}) {
    super(message);
    this.code = code;
    // A driver's JavaScript is not type-checked; a wrong type here would later break more than its own token.
    this.do = typeof options.do === 'string' ? options.do : errorTable[isErrorCode(code) ? code : 'Internal'].do;
    this.retryAfterMs = isSpan(options.retryAfterMs) ? options.retryAfterMs : undefined;
    this.nothingIssued = options.nothingIssued === true;
  }

  get kind(): ErrorKind {
    return errorKind(this.code);
  }

  /** instanceof works as usual for subclasses: the mark says only that it is a TokenError. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== TokenError) return Object.prototype.isPrototypeOf.call(this.prototype, value as object);
    return typeof value === 'object' && value !== null && errorMark in value;
  }
}

Object.defineProperty(TokenError.prototype, errorMark, { value: true });

/** Whether a caught error is a TokenError with this code. */
export const hasCode = (error: unknown, code: ErrorCode): error is TokenError =>
  error instanceof TokenError && error.code === code;

/** The part of an error that goes through Temporal and is kept: no stack, no cause. */
export interface ErrorWords {
  /** A code of the table, or of the tokenkeeper copy that a driver brings. */
  readonly code: string;
  readonly message: string;
  /** A better remedy than the table's; absent: the table's. */
  readonly do?: string | undefined;
}

/** An error as it is kept, its texts on one line each: a driver may have put anything into them. */
export function wordsOf({ code, message, do: remedy }: TokenError): ErrorWords {
  const isTables = isErrorCode(code) && remedy === errorTable[code].do;
  return justWords({ code, message: lineOf(message), do: isTables ? undefined : lineOf(remedy) });
}

/** Longer texts are cut, since histories and cards keep them. In UTF-16 units. */
const longestLine = 500;

function lineOf(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}\p{Bidi_Control}]+/gu, ' ').trim();
  return shortened(line);
}

/** A text that is not too long to be kept. */
export const shortened = (text: string): string =>
  text.length > longestLine ? `${text.slice(0, longestLine - 1)}…` : text;

/** Only the words of an object that holds more. */
export function justWords({ code, message, do: remedy }: ErrorWords): ErrorWords {
  return remedy === undefined ? { code, message } : { code, message, do: remedy };
}

/** The same error with options added by an outer layer; a free function, since a driver's package may bring its own class. */
export function amended(error: TokenError, options: TokenErrorOptions): TokenError {
  const { code, message, do: remedy, retryAfterMs, nothingIssued } = error;
  return new TokenError(code, message, { do: remedy, retryAfterMs, nothingIssued, ...options });
}
