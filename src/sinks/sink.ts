import type { z } from 'zod';
import type { Secret } from '../core/secret.js';
import { markDriver } from '../driver-mark.js';
import type { DriverDeps } from '../drivers.js';

/** What every request has. `target` was parsed by the driver's schema. */
export interface SinkRequest<Target = unknown> {
  readonly key: string;
  readonly target: Target;
  /** A person allowed it to overwrite what tokenkeeper did not write. */
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
   * Unix ms at which this token was last removed from this sink, by the vault's ledger; null or absent: never, as far as that reaches.
   * The same value written before and after a removal is two writes, and a receiver that drops repeats must see both.
   */
  readonly removedAt?: number | null | undefined;
}

/** A sink's content. `ours`: the mark that we left has this key and the fingerprint of the content. */
export type SinkReading =
  | { readonly found: 'nothing' }
  | {
      readonly found: 'value';
      readonly ours: boolean;
      readonly fingerprint: string;
      /** Null: not ours, or to be written again: its consumer was not notified yet, or it stands there otherwise than the connection says. */
      readonly generation: number | null;
    }
  /** The sink cannot be read back; a write that succeeded is the acknowledgement. */
  | { readonly found: 'unreadable' };

/**
 * Delivers one token to one consumer. Errors are TokenError `SinkUnavailable` (retry), `SinkRefused` (configuration, permission),
 * `SinkNotOurs`.
 * Every method is idempotent.
 */
export interface Sink<Target = unknown> {
  /** Preflight: checks that we could write now. Changes nothing that a consumer reads. */
  check(request: SinkRequest<Target>): Promise<void>;
  /** Atomic: a consumer sees the old value or the new one. Refuses to overwrite what is not ours, unless `takeOver`. */
  write(delivery: Delivery<Target>): Promise<void>;
  read(request: SinkRequest<Target>): Promise<SinkReading>;
  /** Removes what is ours and nothing else; does nothing where it is empty. */
  remove(request: SinkRequest<Target>): Promise<void>;
  close?(): Promise<void>;
}

/** A sink driver: one file; one registry line, or a module that the configuration names. */
export interface SinkDriver<Connection = unknown, Target = unknown> {
  readonly name: string;
  /** The connection's settings, references already resolved; without `driver`, `environment` and `holdsFor`. */
  readonly connection: z.ZodType<Connection>;
  /** A token's place in this sink; `{}` must be valid where the key itself can name the place. */
  readonly target: z.ZodType<Target>;
  open(connection: Connection, deps: DriverDeps): Promise<Sink<Target>>;
  /**
   * The canonical name of a target's place (a path, `path#KEY`, a URL), the same however it is spelled: two tokens in one place are
   * refused, and a place still in use is never emptied.
   * @param baseDir - where relative paths start, absolute.
   */
  place(connection: Connection, key: string, target: Target, baseDir: string): string;
  /**
   * For drivers that write to files of this machine, or parts of them: the file. A file that one sink replaces whole is refused to all
   * others. Asked when the configuration is read.
   * @throws TokenError for a target that a write would refuse, too
   */
  file?(connection: Connection, key: string, target: Target, baseDir: string): PlaceFile;
}

/** @see SinkDriver.file */
export interface PlaceFile {
  /** Absolute and canonical. */
  readonly path: string;
  /** The sink replaces the whole file; false: the rest of its content stays. */
  readonly whole: boolean;
}

/** Erases a driver's own types for the registry. This is sound because shared code passes a driver only what its own schemas have parsed. */
export function defineSink<Connection, Target>(driver: SinkDriver<Connection, Target>): SinkDriver {
  return markDriver('sink', driver);
}
