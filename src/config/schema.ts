import { z } from 'zod';
import type { Json, JsonObject } from '../core/json.js';
import { durationPattern, parseDuration } from '../core/duration.js';
import { instantPattern, parseInstant } from '../core/instants.js';
import { isSegment, segmentPattern } from '../core/key.js';
import type { NotificationEvent } from './config.js';
import type { ProblemCode } from './problems.js';

/** `problem` is the code for whatever is wrong at this place; see shape.ts. */
const marked = (problem: ProblemCode, meta: Record<string, unknown> = {}): z.ZodString =>
  z.string().meta({ ...meta, problem });

/** A text that stands for a value. @param read - undefined: it stands for none */
const readSetting = <T>(
  problem: ProblemCode,
  { pattern, message }: { readonly pattern: string; readonly message: string },
  read: (text: string) => T | undefined,
) =>
  marked(problem, { pattern }).transform((text, context) => {
    const value = read(text);
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', message, input: text });
    return z.NEVER;
  });

/** A span, in ms. */
const durationSetting = readSetting(
  'BadDuration',
  { pattern: durationPattern, message: 'not a duration' },
  (text) => parseDuration(text) ?? undefined,
);

const renewBeforeSetting = readSetting(
  'BadDuration',
  {
    pattern: `${durationPattern}|^[0-9]{1,2}(\\.[0-9]+)?%$`,
    message: 'neither a duration nor a share between 0% and 100%',
  },
  (text) => {
    const percent = /^([0-9]{1,2}(?:\.[0-9]+)?)%$/.exec(text)?.[1];
    const ratio = Number(percent ?? 0) / 100;
    if (ratio > 0) return { ratio };
    const ms = parseDuration(text);
    return ms !== null && ms > 0 ? { ms } : undefined;
  },
);

/** In ms; null: never. */
const reconcileSetting = readSetting(
  'BadDuration',
  { pattern: `${durationPattern}|^never$`, message: 'neither a duration nor never' },
  (text) => (text === 'never' ? null : parseDuration(text) || undefined),
);

/** An instant, in Unix ms; a date alone is its first moment in UTC. */
const instantSetting = readSetting(
  'BadDate',
  { pattern: instantPattern, message: 'not a date' },
  (text) => parseInstant(text) ?? undefined,
);

/** The name of a connection, a set or an environment. */
const nameSetting = marked('BadName', { pattern: segmentPattern }).refine(isSegment, 'not a name');

const environmentSetting = z
  .union([nameSetting, z.array(nameSetting).min(1)])
  .transform((names) => (typeof names === 'string' ? [names] : names));

const textSetting = z.string().min(1);
/** Limited, since it becomes a search attribute, which Temporal limits, and is shown in tables. */
const ownerSetting = z
  .string()
  .min(1)
  .regex(/^\P{Cc}{0,200}$/u, 'an owner is one line of at most 200 characters');
const scopeSetting = z.string().regex(/^\S+$/, 'a scope holds no space: write several as a list');
/** An address for people to open. */
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });

const jsonSetting: z.ZodType<Json> = z.json();
/** A map with any content. */
export const jsonObjectSetting: z.ZodType<JsonObject> = z.record(z.string(), jsonSetting);

/** The common settings of every connection. */
export const connectionSchema = z.object({ driver: textSetting, environment: environmentSetting.optional() });

/** The common settings of an issuer connection. */
export const issuerSchema = connectionSchema.extend({
  revokeIsolated: z.boolean().default(false),
  credentialExpiresAt: instantSetting.optional(),
});

/** The common settings of a sink connection. */
export const sinkSchema = connectionSchema.extend({ holdsFor: durationSetting.default(0) });

/** One entry of a token's `sinks` or of a set; all other keys of the map are the target, in the sink driver's terms. */
export const sinkEntrySchema = z.union([
  nameSetting,
  z.looseObject({ sink: nameSetting, takeOver: z.boolean().optional() }),
]);

/** A token's common settings. */
export const tokenSchema = z.object({
  owner: ownerSetting.optional(),
  vault: nameSetting.optional(),
  issuer: nameSetting.optional(),
  sinks: z.array(sinkEntrySchema).optional(),
  scopes: z.array(scopeSetting).optional(),
  maxTtl: durationSetting.optional(),
  ttl: durationSetting.optional(),
  renewBefore: renewBeforeSetting.optional(),
  grace: durationSetting.optional(),
  expect: jsonObjectSetting.optional(),
  expiresAt: instantSetting.optional(),
  remind: z.array(durationSetting).optional(),
  runbook: httpUrl.optional(),
  reconcile: reconcileSetting.optional(),
  attemptTimeout: durationSetting.optional(),
});

/** A token's common settings, parsed. */
export type TokenSettings = z.output<typeof tokenSchema>;

/** The settings that `defaults` may contain: everything that makes sense for many tokens. */
export const defaultsSchema = tokenSchema.omit({ scopes: true, expect: true, expiresAt: true });

/** Default settings, parsed. */
export type DefaultSettings = z.output<typeof defaultsSchema>;

/** Every event that `notify` can name; a record, so that the compiler finds a missing one. */
const notificationEvents: Record<NotificationEvent, true> = {
  'renewal-overdue': true,
  'needs-attention': true,
  recovered: true,
  reminder: true,
  drifted: true,
  undelivered: true,
  unrevoked: true,
  'credential-expiring': true,
};

/** The common settings of every entry of `notify`. */
export const notifySchema = z.object({
  events: z
    .array(z.enum(Object.keys(notificationEvents) as [NotificationEvent, ...NotificationEvent[]]))
    .min(1)
    .optional(),
  environment: environmentSetting.optional(),
});

/** The sections of a file. */
export const sectionNames: readonly string[] = [
  'version',
  'defaults',
  'notify',
  'vaults',
  'issuers',
  'sinks',
  'sinkSets',
  'tokens',
  'drivers',
];
