import type { z } from 'zod';
import type { DriverKind } from '../driver-mark.js';
import { isSegment } from '../core/key.js';
import { shapeOf } from './shape.js';

/** The members that a driver of each kind must have. */
const members: Readonly<
  Record<DriverKind, { readonly schemas: readonly string[]; readonly functions: readonly string[] }>
> = {
  issuer: { schemas: ['connection', 'parameters'], functions: ['open', 'isAuthenticationFailure'] },
  sink: { schemas: ['connection', 'target'], functions: ['open', 'place'] },
  vault: { schemas: ['connection'], functions: ['open'] },
};

/**
 * What is wrong with a driver, since drivers in JavaScript are not type-checked; null: nothing.
 * A schema from another copy of zod is accepted if it can be read here.
 */
export function driverFault(kind: DriverKind, driver: object): string | null {
  const parts = driver as Readonly<Record<string, unknown>>;
  if (typeof parts['name'] !== 'string' || !isSegment(parts['name'])) return `the ${kind} driver has no good name`;
  const what = `the ${kind} driver ${parts['name']}`;
  const { schemas, functions } = members[kind];
  const missing = functions.find((name) => typeof parts[name] !== 'function');
  if (missing !== undefined) return `${what} has no function ${missing}`;
  const unreadable = schemas.find((name) => !isReadableSchema(parts[name]));
  return unreadable === undefined ? null : `${what} has no ${unreadable} that is a schema of zod 4`;
}

function isReadableSchema(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null || !('_zod' in schema)) return false;
  if (!('safeParse' in schema) || typeof schema.safeParse !== 'function') return false;
  try {
    shapeOf(schema as unknown as z.ZodType);
    return true;
  } catch {
    return false;
  }
}
