import type { z } from 'zod';
import { defined } from '../core/defined.js';
import { isObject } from '../core/json.js';
import { segmentPattern } from '../core/key.js';
import type { KnownDrivers, Registries } from './config.js';
import { driversSchema } from './driver-entries.js';
import { notifiers } from '../notifiers/registry.js';
import {
  connectionSchema,
  defaultsSchema,
  issuerSchema,
  notifySchema,
  sinkEntrySchema,
  sinkSchema,
  tokenSchema,
} from './schema.js';
import { shapeOf } from './shape.js';

/** A JSON schema: draft 7. */
export type JsonSchema = { readonly [keyword: string]: unknown };

const draft = 'http://json-schema.org/draft-07/schema#';
const keyPattern = `${segmentPattern.slice(0, -1)}/${segmentPattern.slice(1)}`;
const referencePattern = '\\$\\{(env|file):[^}]+\\}';

/** The title of a configuration's schema. */
export const schemaTitle = 'tokenkeeper configuration';

/**
 * The JSON schema of a configuration file, for editors: what `readConfig` accepts, as far as a schema can say it. Draft 7, which all
 * editors support. Unless all drivers are known, a file that names driver modules may use other drivers and parameters; any other file may
 * not.
 */
export function configJsonSchema({ registries, areKnown }: KnownDrivers): JsonSchema {
  const token = tokenShape(registries);
  const connections = (common: z.ZodType, drivers: Drivers): JsonSchema => connectionsOf(common, drivers, areKnown);
  return {
    $schema: draft,
    title: schemaTitle,
    type: 'object',
    properties: {
      version: { const: 1 },
      defaults: closed(plain(shapeOf(defaultsSchema))),
      notify: {
        type: 'array',
        items: { anyOf: Object.values(notifiers).map(({ settings }) => entryOf(notifySchema, settings)) },
      },
      vaults: connections(connectionSchema, registries.vaults),
      issuers: connections(issuerSchema, registries.issuers),
      sinks: connections(sinkSchema, registries.sinks),
      sinkSets: {
        type: 'object',
        propertyNames: { pattern: segmentPattern },
        additionalProperties: { type: 'array', items: plain(shapeOf(sinkEntrySchema)) },
      },
      tokens: {
        type: 'object',
        patternProperties: { [keyPattern]: areKnown ? closed(token) : token },
        additionalProperties: false,
      },
      drivers: plain(shapeOf(driversSchema)),
    },
    required: ['version'],
    additionalProperties: false,
    ...(areKnown ? {} : { if: { required: ['drivers'] }, else: { properties: withoutModules(registries, token) } }),
  };
}

/** The restrictions on a file that names no modules. */
function withoutModules(registries: Registries, token: JsonSchema): JsonSchema {
  return {
    vaults: onlyDrivers(registries.vaults),
    issuers: onlyDrivers(registries.issuers),
    sinks: onlyDrivers(registries.sinks),
    tokens: {
      patternProperties: { [keyPattern]: { propertyNames: { enum: Object.keys(objectOf(token['properties'])) } } },
    },
  };
}

type Drivers = Readonly<Record<string, { readonly connection: z.ZodType }>>;

function connectionsOf(common: z.ZodType, drivers: Drivers, areKnown: boolean): JsonSchema {
  const alternatives = Object.entries(drivers).map(([name, driver]) => {
    const entry = entryOf(common, driver.connection);
    return { title: name, ...entry, properties: { ...objectOf(entry['properties']), driver: { const: name } } };
  });
  const driver = { type: 'string', not: { enum: Object.keys(drivers) } };
  const own = plain(shapeOf(common));
  const foreign = { title: 'of a module', ...own, properties: { ...objectOf(own['properties']), driver } };
  return {
    type: 'object',
    propertyNames: { pattern: segmentPattern },
    additionalProperties: { anyOf: areKnown ? alternatives : [...alternatives, foreign] },
  };
}

function onlyDrivers(drivers: Drivers): JsonSchema {
  return { additionalProperties: { properties: { driver: { enum: Object.keys(drivers) } } } };
}

/** A connection or a notifier: the common keys, and those of its driver, which may hold references. */
function entryOf(common: z.ZodType, own: z.ZodType): JsonSchema {
  return merge(plain(shapeOf(common)), withReferences(plain(shapeOf(own))));
}

/** A token accepts the parameters of any issuer driver: a schema cannot follow the name of its issuer. */
function tokenShape(registries: Registries): JsonSchema {
  const parameters = new Map<string, JsonSchema[]>();
  for (const driver of Object.values(registries.issuers)) {
    for (const [name, schema] of Object.entries(objectOf(plain(shapeOf(driver.parameters))['properties']))) {
      parameters.set(name, [...(parameters.get(name) ?? []), objectOf(schema)]);
    }
  }
  const properties = [...parameters].map(
    ([name, schemas]) => [name, schemas.length === 1 ? schemas[0] : { anyOf: schemas }] as const,
  );
  const common = plain(shapeOf(tokenSchema));
  const { additionalProperties: _closed, ...token } = merge(common, { properties: Object.fromEntries(properties) });
  return token;
}

function merge(common: JsonSchema, own: JsonSchema): JsonSchema {
  const required = [...listOf(common['required']), ...listOf(own['required'])];
  return closed({
    type: 'object',
    properties: { ...objectOf(own['properties']), ...objectOf(common['properties']) },
    ...(required.length > 0 ? { required } : {}),
  });
}

function closed(schema: JsonSchema): JsonSchema {
  return { ...schema, additionalProperties: false };
}

/** Removes our own marks and what only draft 2020-12 has. A secret becomes a reference. */
function plain(schema: unknown): JsonSchema {
  const copy = mapSchema(schema, (node) => {
    const { $schema: _draft, $defs: _definitions, problem: _problem, secret, ...rest } = node;
    // A recursive schema is for JSON of any kind.
    if ('$ref' in rest) return {};
    return secret === true
      ? { type: 'string', pattern: `^${referencePattern}$`, ...defined({ description: rest['description'] }) }
      : rest;
  });
  return objectOf(copy);
}

/** Allows a reference in place of any text, whatever format that must have. */
function withReferences(schema: JsonSchema): JsonSchema {
  return objectOf(
    mapSchema(schema, (node) => {
      const isBounded =
        ['format', 'pattern', 'enum', 'const'].some((keyword) => keyword in node) || Number(node['minLength']) > 1;
      const isReference = typeof node['pattern'] === 'string' && node['pattern'].includes(referencePattern);
      if (node['type'] !== 'string' || !isBounded || isReference) return node;
      return { anyOf: [node, { type: 'string', pattern: referencePattern }] };
    }),
  );
}

/** Replaces every schema within a schema, inner ones first. Property names are not keywords. */
function mapSchema(value: unknown, replace: (node: JsonSchema) => JsonSchema): unknown {
  if (Array.isArray(value)) return value.map((item) => mapSchema(item, replace));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([keyword, inner]: [string, unknown]) => {
    if (keyword === 'properties') return [keyword, mapProperties(inner, replace)];
    return [
      keyword,
      keyword === 'default' || keyword === 'const' || keyword === 'enum' ? inner : mapSchema(inner, replace),
    ];
  });
  return replace(Object.fromEntries(entries) as JsonSchema);
}

function mapProperties(properties: unknown, replace: (node: JsonSchema) => JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(objectOf(properties)).map(([name, schema]) => [name, mapSchema(schema, replace)]),
  );
}

function objectOf(value: unknown): JsonSchema {
  return isObject(value) ? value : {};
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
