import { z } from 'zod';
import { defined } from './core/defined.js';

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

/**
 * A setting that holds a secret. The configuration then takes `${env:NAME}` or `${file:PATH}` there and refuses a literal;
 * the driver sees the value. Call it last in a chain: a schema made from this one would lose the mark.
 */
export function secretReference(description?: string): z.ZodString {
  return z
    .string()
    .min(1)
    .meta({ secret: true, ...defined({ description }) });
}
