import { parseKey } from '../core/key.js';
import { checkShape, reportTokenReferences } from './check.js';
import { interpolate } from './interpolate.js';
import type { Path, ProblemList } from './problems.js';
import { defaultsSchema, type DefaultSettings, type TokenSettings } from './schema.js';
import type { ConfigFile, Entry } from './sections.js';

/** Defaults for a token, lowest priority first: those of the first file, then those of its own file. */
export interface DefaultsLayer {
  readonly file: ConfigFile;
  readonly settings: DefaultSettings;
}

/** Reads `defaults` of each file; those of the first file apply to all. */
export function readDefaults(
  files: readonly ConfigFile[],
  problems: ProblemList,
): (file: ConfigFile) => DefaultsLayer[] {
  const layers = new Map<ConfigFile, DefaultsLayer>();
  for (const file of files) {
    const value = file.value['defaults'] ?? null;
    if (value === null) continue;
    const place = { source: file, path: ['defaults'], value };
    reportTokenReferences(place, problems);
    layers.set(file, { file, settings: checkShape(defaultsSchema, place, problems) ?? {} });
  }
  return (file) => [...new Set([files[0], file])].flatMap((each) => (each && layers.get(each)) ?? []);
}

/** A token's settings merged over its defaults, and where each was written. */
export interface LayeredSettings {
  readonly settings: TokenSettings;
  placeOf(key: keyof TokenSettings): { readonly file: ConfigFile; readonly path: Path };
}

/** Merges a token's own settings over its defaults, whose `{environment}` and `{name}` are the token's. */
export function layerSettings(entry: Entry, own: TokenSettings, layers: readonly DefaultsLayer[]): LayeredSettings {
  const merged = Object.assign({}, ...layers.map((layer) => layer.settings), own) as TokenSettings;
  const settings = interpolate(merged, parseKey(entry.name));
  return {
    settings,
    placeOf(key) {
      if (!(key in own)) {
        const layer = layers.findLast((each) => key in each.settings);
        if (layer !== undefined) return { file: layer.file, path: ['defaults', key] };
      }
      return { file: entry.file, path: [...entry.path, key] };
    },
  };
}
