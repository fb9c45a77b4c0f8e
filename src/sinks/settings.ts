import { z } from 'zod';
import { parseDuration } from '../core/duration.js';

/** Permission bits as a number; in quotes, because YAML reads 0600 as the decimal number 600. */
export const permissionBits = z
  .string()
  .regex(/^0?[0-7]{3}$/, 'must be permission bits in quotes, such as "0600"')
  .transform((bits) => Number.parseInt(bits, 8));

/** A span in one unit, in ms. It fits into one attempt of a lane, which lasts 25 s in total: a longer one would be cut off and started again for ever. */
export const spanOfAttempt = z
  .string()
  .regex(/^[1-9][0-9]{0,5}(ms|s|m)$/, 'must be a span such as 500ms, 10s or 2m')
  .transform((span) => parseDuration(span) ?? Infinity)
  .refine((ms) => ms <= 20_000, 'must be at most 20s: a delivery is given up after 25 s');
