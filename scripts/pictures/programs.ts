import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The programs that pictures need, as paths. */
export interface Programs {
  readonly chromium: string;
  readonly tmux: string;
}

/** Finds them. @throws Error that says how to get what is missing */
export function findPrograms(env: NodeJS.ProcessEnv): Programs {
  const chromium = env['CHROMIUM'] || onPath(env, ['chromium', 'chromium-browser', 'google-chrome', 'chrome']);
  const tmux = onPath(env, ['tmux']);
  if (chromium === null) throw new Error('Chromium is missing: apt-get install chromium, or CHROMIUM=/path/to/it');
  if (tmux === null) throw new Error('tmux is missing: apt-get install tmux');
  return { chromium, tmux };
}

function onPath(env: NodeJS.ProcessEnv, names: readonly string[]): string | null {
  const folders = (env['PATH'] ?? '').split(delimiter);
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
