import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startCommand } from '../support/cli.js';
import { newFolder } from '../support/folder.js';
import { isRunning } from '../support/is-running.js';
import { waitFor } from '../support/wait-for.js';

it('up that is asked to stop while it installs Temporal ends at once and well, and so does the installation', async () => {
  const folder = await newFolder();
  const [bin, pidFile] = [join(folder, 'bin'), join(folder, 'pid')];
  await mkdir(bin);
  await writeFile(join(bin, 'python3'), `#!/bin/sh\nsleep 600 & echo $! > ${pidFile}; wait\n`, { mode: 0o755 });
  await writeFile(join(folder, 'tokens.yaml'), '{ version: 1, vaults: { local: { driver: embedded } } }');
  const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: folder };
  const up = startCommand(['--config', join(folder, 'tokens.yaml'), 'up'], { env });
  const pid = Number(await waitFor(() => readFile(pidFile, 'utf8'), { limitMs: 30_000 }));
  up.stop();
  expect(await up.ended).toMatchObject({ code: 0, stderr: '' });
  await waitFor(async () => !(await isRunning(pid)), { limitMs: 10_000, describe: `the end of ${pid}` });
});
