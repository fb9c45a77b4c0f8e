import { readCompose } from '../../scripts/native-stack/compose.js';
import { installPrograms } from '../../scripts/native-stack/programs.js';
import { projectDir, serversDir } from './temporal-paths.js';

/**
 * Starts building the programs of the native stack when the long suite starts, at low priority: a first build takes minutes of the second
 * core, which other tests mostly leave idle. The test waits for it, and reports its errors.
 */
export default function setup(): () => Promise<void> {
  const given = new AbortController();
  const building = readCompose(projectDir, { POSTGRES_PASSWORD: 'not needed to build' })
    .then((compose) =>
      installPrograms(compose, {
        cacheDir: serversDir,
        signal: given.signal,
        onBuild: (what) => process.stdout.write(`building ${what} in the background\n`),
      }),
    )
    .catch(() => undefined);
  return async () => {
    given.abort();
    await building;
  };
}
