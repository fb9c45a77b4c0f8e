import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * The one spelling of a path, absolute: every link on it followed as far as it exists, the rest as text, as the sinks themselves read it.
 * What can't be looked at counts as missing: where a configuration is checked need not be where its files are.
 */
export function canonicalPath(baseDir: string, path: string): string {
  const missing: string[] = [];
  for (let at = resolve(baseDir, path); ; at = dirname(at)) {
    try {
      return join(realpathSync.native(at), ...missing);
    } catch {
      // The root itself may be out of reach.
      if (dirname(at) === at) return join(at, ...missing);
      missing.unshift(basename(at));
    }
  }
}
