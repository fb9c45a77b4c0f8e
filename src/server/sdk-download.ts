import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TokenError } from '../core/errors.js';

/** Which of the SDK's servers: the development server or the time-skipping one. */
export type SdkServer = 'local' | 'time-skipping';

/**
 * The SDK's own download of a server, which needs the open internet. The SDK downloads only by starting one, so it is started once and
 * stopped.
 * @returns the absolute path of the program
 * @throws TokenError `ServerUnavailable` without the development dependency `@temporalio/testing`, or where the SDK's download site is
 * unreachable
 */
export async function downloadBySdk(
  server: SdkServer,
  options: { readonly cacheDir: string; readonly onDownload?: ((what: string) => void) | undefined },
): Promise<string> {
  const path = join(options.cacheDir, `sdk-${server}-server${process.platform === 'win32' ? '.exe' : ''}`);
  await mkdir(options.cacheDir, { recursive: true });
  if ((await readdir(options.cacheDir)).some((name) => join(options.cacheDir, name) === path)) return path;
  const testing = await import('@temporalio/testing').catch(() => null);
  if (testing === null) throw new TokenError('ServerUnavailable', '@temporalio/testing is not installed');
  const downloadDir = await mkdtemp(join(options.cacheDir, '.download-'));
  try {
    options.onDownload?.(`the SDK’s ${server} server`);
    const start = { server: { executable: { type: 'cached-download' as const, downloadDir } } };
    const { TestWorkflowEnvironment } = testing;
    const env = await (
      server === 'local'
        ? TestWorkflowEnvironment.createLocal(start)
        : TestWorkflowEnvironment.createTimeSkipping(start)
    ).catch(() => {
      throw new TokenError('ServerUnavailable', 'the SDK’s own download did not work');
    });
    await env.teardown();
    const [downloaded] = await readdir(downloadDir);
    if (downloaded === undefined) throw new TokenError('ServerUnavailable', 'the SDK downloaded to an unknown place');
    await rename(join(downloadDir, downloaded), path);
    return path;
  } finally {
    await rm(downloadDir, { recursive: true, force: true });
  }
}
