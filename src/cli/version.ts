import { readFileSync } from 'node:fs';

/** The version of the package, whose package.json is one folder higher from the built files. */
export function packageVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string };
      return version;
    } catch {
      // try the other place
    }
  }
  return 'unknown';
}
