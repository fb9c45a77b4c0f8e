import { isObject, type JsonObject } from '../core/json.js';
import { isKey, parseKey } from '../core/key.js';
import type { TokenSpec } from '../core/spec.js';
import type { IssuerDriver } from '../issuers/issuer.js';
import {
  addUnknownKey,
  addUnknownName,
  checkRest,
  checkShape,
  reportTokenReferences,
  split,
  type Named,
} from './check.js';
import { compileToken } from './compile.js';
import { type KnownDrivers, findDriver } from './config.js';
import type { Declared, DeclaredConnections } from './connection-entries.js';
import { layerSettings, readDefaults, type LayeredSettings } from './defaults.js';
import { interpolate } from './interpolate.js';
import { serves, vaultOfThose } from './environments.js';
import { printable, type ProblemList } from './problems.js';
import { tokenSchema } from './schema.js';
import { collectEntries, type ConfigFile, type Entry } from './sections.js';
import { suggest } from './suggest.js';
import { expandSets, toSinkUse, type KnownSinks, type SinkSets, type SinkUse } from './sink-sets.js';

/** A declared token: its specification, and where its sinks were written. */
export interface DeclaredToken {
  readonly layered: LayeredSettings;
  readonly spec: TokenSpec;
  /** In the order of `spec.sinks`. */
  readonly uses: readonly SinkUse[];
}

/** What tokens are checked against. */
export interface TokenContext {
  readonly drivers: KnownDrivers;
  readonly connections: DeclaredConnections;
  readonly sets: SinkSets;
  /** Null: this configuration declares no connections, so that the worker checks all names. */
  readonly knownSinks: KnownSinks;
}

/** The tokens of all files. */
export interface DeclaredTokens {
  readonly tokens: readonly DeclaredToken[];
  /** Keys of those with a problem: of their own, or anywhere in `defaults`. Some of them may be in `tokens`. */
  readonly troubled: ReadonlySet<string>;
}

/** Reads `tokens` of all files. */
export function readTokens(files: readonly ConfigFile[], context: TokenContext, problems: ProblemList): DeclaredTokens {
  const before = problems.size;
  const layersOf = readDefaults(files, problems);
  const areDefaultsSound = problems.size === before;
  const tokens: DeclaredToken[] = [];
  const kind = { section: 'tokens', isRight: isObject, expected: 'a map of settings' } as const;
  const entries = collectEntries(files, kind, problems);
  const troubled = new Set(entries.keys());
  for (const entry of entries.values()) {
    const place = { source: entry.file, path: entry.path };
    const hasKey = isKey(entry.name);
    if (!hasKey) {
      problems.add(entry.file, entry.path, 'BadKey', `${printable(entry.name)} is not a token key`, { part: 'key' });
    }
    reportTokenReferences({ ...place, value: entry.value }, problems);
    const settings = hasKey ? interpolate(entry.value, parseKey(entry.name)) : entry.value;
    const [common, parameters] = split(settings, Object.keys(tokenSchema.shape));
    const own = checkShape(tokenSchema, { ...place, value: common }, problems);
    // The rest depends on the environment, which is known only from a valid key.
    if (!hasKey) continue;
    const layered = layerSettings(entry, own ?? {}, layersOf(entry.file));
    const { environment } = parseKey(entry.name);
    const token = resolveNames({ entry, layered, environment }, parameters, context, problems);
    if (token === null || own === undefined) continue;
    tokens.push(token);
    if (areDefaultsSound) troubled.delete(entry.name);
  }
  return { tokens, troubled: new Set([...troubled, ...problems.namesIn('tokens')]) };
}

/** A token whose names are still to be resolved. */
interface Draft {
  readonly entry: Entry;
  readonly layered: LayeredSettings;
  readonly environment: string;
}

function resolveNames(
  draft: Draft,
  parameters: JsonObject,
  context: TokenContext,
  problems: ProblemList,
): DeclaredToken | null {
  const { entry, layered } = draft;
  const before = problems.size;
  const issuer = findIssuer(draft, parameters, context, problems);
  if (issuer?.driver) {
    const rest = { source: entry.file, path: entry.path, value: parameters };
    checkRest(issuer.driver.parameters, rest, Object.keys(tokenSchema.shape), problems);
  }
  const vault = findVault(draft, context, problems);
  const uses = findSinks(draft, context, problems)?.map((use) => ({
    ...use,
    target: interpolate(use.target, parseKey(entry.name)),
  }));
  if (problems.size > before || issuer === null || vault === null || uses === undefined) return null;
  const spec = compileToken({
    key: entry.name,
    settings: layered.settings,
    issuer: issuer.name,
    vault,
    parameters,
    uses,
  });
  return { layered, spec, uses };
}

function findIssuer(
  { entry, layered, environment }: Draft,
  parameters: JsonObject,
  { drivers: { registries, areKnown }, connections, knownSinks }: TokenContext,
  problems: ProblemList,
): { name: string; driver: IssuerDriver | undefined } | null {
  const name = layered.settings.issuer;
  if (name === undefined) {
    if (entry.value['issuer'] === undefined) addMissing(entry, parameters, problems);
    return null;
  }
  const named = { kind: 'issuer', name } as const;
  const declared = connections.issuers.get(name);
  const implicit = findDriver(registries.issuers, name);
  if (declared === undefined) {
    if (implicit?.implicit === true) return { name, driver: implicit };
    // It may be a driver without connections, from a module that was not loaded.
    if (knownSinks === null || !areKnown) return { name, driver: undefined };
    const known = Object.entries(registries.issuers).flatMap(([each, driver]) =>
      driver.implicit === true ? [each] : [],
    );
    addUnknownName(layered.placeOf('issuer'), named, [...connections.issuers.keys(), ...known], problems);
    return null;
  }
  if (!checkEnvironment(layered.placeOf('issuer'), { ...named, declared }, environment, problems)) return null;
  return {
    name,
    driver: declared.config === null ? undefined : findDriver(registries.issuers, declared.config.driver),
  };
}

/** Reports that no issuer is named, or the key that was probably meant to: without its issuer, a token's other keys cannot be judged. */
function addMissing({ file, path }: Entry, parameters: JsonObject, problems: ProblemList): void {
  const typo = Object.keys(parameters).find((key) => suggest(key, ['issuer']) !== null);
  if (typo !== undefined) return addUnknownKey({ source: file, path: [...path, typo] }, typo, ['issuer'], problems);
  problems.add(file, [...path, 'issuer'], 'MissingKey', 'issuer is missing', {
    do: 'add issuer, here or under defaults',
  });
}

/** The vault that a token names, else the one of `vaultOfThose`. */
function findVault(
  { entry, layered, environment }: Draft,
  { connections, knownSinks }: TokenContext,
  problems: ProblemList,
): string | null {
  const { vaults } = connections;
  const name = layered.settings.vault;
  if (name !== undefined) {
    const named = { kind: 'vault', name } as const;
    const declared = vaults.get(name);
    if (declared === undefined) {
      if (knownSinks === null) return name;
      addUnknownName(layered.placeOf('vault'), named, [...vaults.keys()], problems);
      return null;
    }
    return checkEnvironment(layered.placeOf('vault'), { ...named, declared }, environment, problems) ? name : null;
  }
  if (knownSinks === null) return 'local';
  const serving = [...vaults]
    .filter(([, { config }]) => config === null || serves(config.environments, environment))
    .map(([each]) => each);
  const only = vaultOfThose(serving);
  if (only !== null) return only;
  const message =
    serving.length === 0
      ? `no vault serves ${environment}`
      : `several vaults serve ${environment}: ${serving.join(', ')}`;
  const remedy = serving.length === 0 ? 'declare one under vaults' : 'write vault: NAME, here or under defaults';
  problems.add(entry.file, entry.path, 'NameNeeded', message, { do: remedy, part: 'key' });
  return null;
}

function findSinks({ layered, environment }: Draft, context: TokenContext, problems: ProblemList): SinkUse[] | null {
  const { file, path } = layered.placeOf('sinks');
  const written = (layered.settings.sinks ?? []).map((use, index) => toSinkUse(use, file, [...path, index]));
  const uses = expandSets(written, context.sets, context.knownSinks, problems);
  for (const use of uses ?? []) {
    const declared = context.connections.sinks.get(use.sink);
    if (declared === undefined) continue;
    checkEnvironment(use, { kind: 'sink', name: use.sink, declared }, environment, problems);
  }
  return uses;
}

function checkEnvironment(
  place: { readonly file: ConfigFile; readonly path: SinkUse['path'] },
  {
    kind,
    name,
    declared: { config },
  }: Named & { readonly declared: Declared<{ environments: readonly string[] | null }> },
  environment: string,
  problems: ProblemList,
): boolean {
  if (config === null || serves(config.environments, environment)) return true;
  const message = `${kind} ${name} serves ${config.environments?.join(', ')}, not ${environment}`;
  problems.add(place.file, place.path, 'WrongEnvironment', message);
  return false;
}
