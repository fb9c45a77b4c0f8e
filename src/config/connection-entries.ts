import type { z } from 'zod';
import { isObject } from '../core/json.js';
import { isSegment } from '../core/key.js';
import { checkRest, checkShape, reportBadReferences, split } from './check.js';
import { type ConnectionConfig, type IssuerConfig, type KnownDrivers, type SinkConfig, findDriver } from './config.js';
import { printable, type ProblemList } from './problems.js';
import { connectionSchema, issuerSchema, jsonObjectSetting, sinkSchema } from './schema.js';
import { collectEntries, type ConfigFile, type Entry } from './sections.js';
import { suggestion } from './suggest.js';

/** A declared connection. `config` is null where it has a problem. */
export interface Declared<Config> {
  readonly config: Config | null;
  /** The driver's settings, parsed; undefined where a reference is not resolved yet. */
  readonly parsed: unknown;
}

/** All connections of a configuration. */
export interface DeclaredConnections {
  readonly vaults: ReadonlyMap<string, Declared<ConnectionConfig>>;
  readonly issuers: ReadonlyMap<string, Declared<IssuerConfig>>;
  readonly sinks: ReadonlyMap<string, Declared<SinkConfig>>;
}

/** Reads and checks all connections, each with its driver's own schema. */
export function readConnections(
  files: readonly ConfigFile[],
  { registries, areKnown }: KnownDrivers,
  problems: ProblemList,
): DeclaredConnections {
  return {
    vaults: readKind(
      files,
      {
        section: 'vaults',
        known: { drivers: registries.vaults, areKnown },
        schema: connectionSchema,
        build: (_common, base) => base,
      },
      problems,
    ),
    issuers: readKind(
      files,
      {
        section: 'issuers',
        known: { drivers: registries.issuers, areKnown },
        schema: issuerSchema,
        build: (common, base) => ({
          ...base,
          revokeIsolated: common.revokeIsolated,
          credentialExpiresAt: common.credentialExpiresAt ?? null,
        }),
      },
      problems,
    ),
    sinks: readKind(
      files,
      {
        section: 'sinks',
        known: { drivers: registries.sinks, areKnown },
        schema: sinkSchema,
        build: (common, base) => ({ ...base, holdsForMs: common.holdsFor }),
      },
      problems,
    ),
  };
}

interface Driver {
  readonly name: string;
  readonly connection: z.ZodType;
}

interface DriversOfKind {
  readonly drivers: Readonly<Record<string, Driver>>;
  readonly areKnown: boolean;
}

interface Common {
  readonly environment?: readonly string[] | undefined;
}

/** How the connections of one section are read. */
interface ConnectionKind<Own extends Common, Config> {
  readonly section: 'vaults' | 'issuers' | 'sinks';
  readonly known: DriversOfKind;
  /** The settings that all its connections have. */
  readonly schema: z.ZodType<Own> & { shape: Record<string, unknown> };
  readonly build: (common: Own, base: ConnectionConfig) => Config;
}

function readKind<Own extends Common, Config>(
  files: readonly ConfigFile[],
  { section, known, schema, build }: ConnectionKind<Own, Config>,
  problems: ProblemList,
): Map<string, Declared<Config>> {
  const declared = new Map<string, Declared<Config>>();
  const kind = { section, isRight: isObject, expected: 'a map with a driver' };
  for (const entry of collectEntries(files, kind, problems).values()) {
    const before = problems.size;
    const { file: source, path, value, name } = entry;
    if (!isSegment(name)) problems.add(source, path, 'BadName', `${printable(name)} is not a name`, { part: 'key' });
    reportBadReferences({ source, path, value }, problems);
    const [own, settings] = split(value, Object.keys(schema.shape));
    const common = checkShape(schema, { source, path, value: own }, problems);
    const driver = driverOf(entry, known, problems);
    const parsed =
      driver && checkRest(driver.connection, { source, path, value: settings }, Object.keys(schema.shape), problems);
    const isSound = problems.size === before && common !== undefined && driver !== undefined;
    const environments = common?.environment ?? null;
    const config = isSound ? build(common, { driver: driver.name, environments, settings }) : null;
    declared.set(name, { config, parsed });
  }
  return declared;
}

function driverOf(
  { file, path, value }: Entry,
  { drivers, areKnown }: DriversOfKind,
  problems: ProblemList,
): Driver | undefined {
  const name = value['driver'];
  if (typeof name !== 'string' || name === '') return undefined;
  const driver = findDriver(drivers, name);
  if (driver !== undefined) return driver;
  if (!areKnown) return { name, connection: jsonObjectSetting };
  const known = Object.keys(drivers).sort();
  const meant = suggestion(name, known, `use one of ${known.join(', ')}`);
  const message = `no driver ${printable(name)}${meant.hint}`;
  problems.add(file, [...path, 'driver'], 'UnknownDriver', message, { do: meant.do });
  return undefined;
}
