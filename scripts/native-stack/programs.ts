import { findTemporal } from '../../src/server/find-temporal.js';
import { serviceNamed, type Compose } from './compose.js';
import { goPath, installGoPrograms, type GoModule, type InstallGoOptions } from './go-programs.js';

/** Absolute paths of the programs besides PostgreSQL, each in the version of docker-compose.yml. */
export interface Programs {
  readonly temporalServer: string;
  /** The schema tool. */
  readonly temporalSqlTool: string;
  /** The CLI, for the namespace: the one that the demo uses, not the image's. */
  readonly temporal: string;
  readonly webUi: string;
  /** The configuration in the Web UI's image: a template filled from the environment. */
  readonly webUiConfig: string;
}

/** @throws TokenError `ServerUnavailable`: no Go, or the module proxy is unreachable */
export async function installPrograms(compose: Compose, options: InstallGoOptions): Promise<Programs> {
  const { cacheDir } = options;
  const server = serverModule(compose);
  const ui = webUiModule(compose);
  await installGoPrograms(server, options);
  await installGoPrograms(ui, options);
  return {
    temporalServer: goPath(server, 'temporal-server', cacheDir),
    temporalSqlTool: goPath(server, 'temporal-sql-tool', cacheDir),
    temporal: await findTemporal({ cacheDir, env: options.env, onDownload: options.onBuild }),
    webUi: goPath(ui, 'temporal-ui-server', cacheDir),
    webUiConfig: goPath(ui, 'temporal-ui-server.yaml', cacheDir),
  };
}

function serverModule(compose: Compose): GoModule {
  return {
    module: 'go.temporal.io/server',
    version: `v${serviceNamed(compose, 'temporal').version}`,
    programs: { 'cmd/server': 'temporal-server', 'cmd/tools/sql': 'temporal-sql-tool' },
  };
}

function webUiModule(compose: Compose): GoModule {
  return {
    module: 'github.com/temporalio/ui-server/v2',
    version: `v${serviceNamed(compose, 'temporal-ui').version}`,
    programs: { 'cmd/server': 'temporal-ui-server' },
    files: { 'config/docker.yaml': 'temporal-ui-server.yaml' },
  };
}
