import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * The canonical absolute path: links are followed as far as the path exists, the rest is kept as text, as the sinks themselves do. A part
 * that can't be read counts as missing: a configuration may be checked on another machine than that of its files.
 */
export function canonicalPath(baseDir: string, path: string): string {
  const missing: string[] = [];
  for (let at = resolve(baseDir, path); ; at = dirname(at)) {
    try {
      return join(realpathSync.native(at), ...missing);
    } catch {
      // The root itself may be unreadable.
      if (dirname(at) === at) return join(at, ...missing);
      missing.unshift(basename(at));
    }
  }
}
