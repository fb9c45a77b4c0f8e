/** What every driver gets from its host; never a global. */
export interface DriverDeps {
  /** HTTP; replaced in tests. */
  readonly fetch: typeof fetch;
  /** Unix time in ms. */
  readonly now: () => number | Promise<number>;
  /** The folder that relative paths of the configuration start from, absolute. */
  readonly baseDir: string;
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

/** Structured logging; no field may hold a secret. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** A log that says nothing. */
export const silentLog: Log = { info() {}, warn() {}, error() {} };
