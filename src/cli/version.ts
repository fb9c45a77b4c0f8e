import { readFileSync } from 'node:fs';

/** The version of the package, which lies one folder higher when it is built. */
export function packageVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string };
      return version;
    } catch {
      // the other place, then
    }
  }
  return 'unknown';
}
