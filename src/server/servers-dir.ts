import { mkdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';

/**
 * Where downloaded servers are kept: in the user's cache folder, once for all. An existing folder `ownDir` is used instead, unless another
 * user could have put a program into it; so it is where there is no cache folder, or none that is ours alone.
 * @param ownDir - a folder beside the data of the server
 */
export async function serversDir(ownDir: string, env: NodeJS.ProcessEnv): Promise<string> {
  if ((await isFolder(ownDir)) && (await isOnlyOurs(dirname(ownDir))) && (await isOnlyOurs(ownDir))) return ownDir;
  const caches = cachesOf(env, process.platform);
  if (caches === null) return ownDir;
  const shared = join(caches, 'tokenkeeper', 'servers');
  try {
    await mkdir(shared, { recursive: true, mode: 0o700 });
    return (await isOnlyOurs(shared)) ? shared : ownDir;
  } catch {
    // A home that can't be written, as of a service; if `ownDir` can't be either, its user reports that.
    return ownDir;
  }
}

/**
 * The user's cache folder, by the convention of the system: that of https://specifications.freedesktop.org/basedir-spec/latest/ where it
 * has no other. null: none.
 */
export function cachesOf(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string | null {
  const below = (home: string | undefined, ...names: string[]) => (home ? join(home, ...names) : null);
  if (platform === 'win32') return below(env['LOCALAPPDATA']);
  if (platform === 'darwin') return below(env['HOME'], 'Library', 'Caches');
  const said = env['XDG_CACHE_HOME'];
  return said && isAbsolute(said) ? said : below(env['HOME'], '.cache');
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

/** Programs run from there must not be another user's, as by sudo with the HOME of another user. */
async function isOnlyOurs(path: string): Promise<boolean> {
  if (process.getuid === undefined) return true;
  const { uid, mode } = await stat(path);
  return uid === process.getuid() && (mode & 0o022) === 0;
}
