import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild, type Child } from '../../src/server/child.js';
import { serviceNamed } from './compose.js';
import type { TemporalOptions } from './temporal.js';
import { untilReady } from './until-ready.js';

const servingLimitMs = 60_000;

/** Starts the Web UI on 127.0.0.1, and returns when it serves. It ends with this process. @throws TokenError `ServerUnavailable` */
export async function startWebUi({ compose, programs, ports, folder, logFile }: TemporalOptions): Promise<Child> {
  const config = join(folder, 'web-ui');
  await mkdir(config, { recursive: true });
  // The image's template leaves the listen address to the container.
  await writeFile(join(config, 'base.yaml'), 'host: 127.0.0.1\n');
  await copyFile(programs.webUiConfig, join(config, 'docker.yaml'));
  const env = {
    PATH: process.env['PATH'],
    ...serviceNamed(compose, 'temporal-ui').env,
    TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
    TEMPORAL_UI_PORT: String(ports.webUi),
  };
  const args = ['--root', folder, '--config', 'web-ui', '--env', 'docker', 'start'];
  const child = await startChild(programs.webUi, { args, env, logFile });
  return await untilReady(child, {
    title: 'the Web UI',
    logFile,
    limitMs: servingLimitMs,
    isReady: () => serves(ports.webUi),
  });
}

async function serves(port: number): Promise<boolean> {
  const signal = AbortSignal.timeout(5_000);
  const response = await fetch(`http://127.0.0.1:${port}/`, { signal }).catch(() => null);
  await response?.body?.cancel();
  return response?.ok === true;
}
