import type { z } from 'zod';
import type { Secret } from '../core/secret.js';
import { markDriver } from '../driver-mark.js';
import type { DriverDeps } from '../drivers.js';

/** Whose delivery this is, and how to recognise what stands in the sink. `target` was parsed by the driver's schema. */
export interface SinkRequest<Target = unknown> {
  readonly key: string;
  readonly target: Target;
  /** A person allowed to overwrite what tokenkeeper did not write. */
  readonly takeOver: boolean;
  /** The vault's fingerprint of a value: 16 hex digits. */
  readonly fingerprint: (value: string) => string;
  readonly signal: AbortSignal;
}

/** For one write. */
export interface Delivery<Target = unknown> extends SinkRequest<Target> {
  readonly generation: number;
  readonly value: Secret;
  /** Unix ms, or null where it is not known. */
  readonly expiresAt: number | null;
  /**
   * Unix ms at which this token was last taken out of this sink, by the vault's ledger; null or absent: never, as far as that reaches.
   * The same value written before and after it is two writes, and a receiver that drops repeats has to see two.
   */
  readonly removedAt?: number | null | undefined;
}

/** What stands in a sink. `ours` holds where the mark we left names this key and the fingerprint of what stands there. */
export type SinkReading =
  | { readonly found: 'nothing' }
  | {
      readonly found: 'value';
      readonly ours: boolean;
      readonly fingerprint: string;
      /** Null: not ours, or its consumer was not told of it yet, so that it has to be written again. */
      readonly generation: number | null;
    }
  /** The sink cannot be read back; a write that succeeded is the acknowledgement. */
  | { readonly found: 'unreadable' };

/**
 * Delivers one token to one consumer. Errors are TokenError `SinkUnavailable` (retry), `SinkRefused` (configuration, permission), `SinkNotOurs`.
 * Every method is idempotent.
 */
export interface Sink<Target = unknown> {
  /** Preflight: could we write now? Changes nothing that a consumer reads. */
  check(request: SinkRequest<Target>): Promise<void>;
  /** Atomic: a consumer sees the old value or the new one. Refuses what is not ours without `takeOver`. */
  write(delivery: Delivery<Target>): Promise<void>;
  read(request: SinkRequest<Target>): Promise<SinkReading>;
  /** Removes what is ours; nothing else, and nothing where nothing is. */
  remove(request: SinkRequest<Target>): Promise<void>;
  close?(): Promise<void>;
}

/** A sink driver: one file; one registry line, or a module that the configuration names. */
export interface SinkDriver<Connection = unknown, Target = unknown> {
  readonly name: string;
  /** The connection's settings, references already resolved; without `driver`, `environment` and `holdsFor`. */
  readonly connection: z.ZodType<Connection>;
  /** What a token may say about its place in this sink; `{}` must be good wherever the key itself can name the place. */
  readonly target: z.ZodType<Target>;
  open(connection: Connection, deps: DriverDeps): Promise<Sink<Target>>;
  /**
   * Names the place that a target stands for (a path, `path#KEY`, a URL), by one name however it is spelled: two tokens on one place are
   * refused, and a place that is still in use is never emptied. @param baseDir where relative paths start, absolute.
   */
  place(connection: Connection, key: string, target: Target, baseDir: string): string;
  /** Of a driver whose places are files of this machine, or parts of them: the file. One that a sink has whole is refused to all others. */
  file?(connection: Connection, key: string, target: Target, baseDir: string): PlaceFile;
}

/** @see SinkDriver.file */
export interface PlaceFile {
  /** Absolute, by one name however it is spelled. */
  readonly path: string;
  /** The sink replaces all of it; false: what others keep in it stays. */
  readonly whole: boolean;
}

/**
 * Erases a driver's own types for the registry. Whoever opens a driver gives it what its own schemas parsed; that is what makes it sound.
 */
export function defineSink<Connection, Target>(driver: SinkDriver<Connection, Target>): SinkDriver {
  return markDriver('sink', driver);
}
