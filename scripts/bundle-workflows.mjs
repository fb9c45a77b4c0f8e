// bundle-workflows [FOLDER]: after tsc, our workflows in FOLDER (dist) as one file, so that a worker need not bundle them at each start, which
// takes seconds. Its name says the SDK's version: see src/worker/prebuilt-workflows.ts.
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const sources = join(resolve(process.argv[2] ?? 'dist'), 'src');
const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json');
const target = join(sources, 'workflows', `bundle-${version}.cjs`);

const timeOf = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const code = readdirSync(sources, { recursive: true }).filter((name) => name.endsWith('.js'));
const isFresh = code.every((name) => timeOf(join(sources, name)) < timeOf(target));

if (!isFresh) {
  rmSync(target, { force: true });
  // Late: it takes a second to load.
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const bundle = await bundleWorkflowCode({
    workflowsPath: join(sources, 'workflows/index.js'),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
    // The SDK needs a map. It is to be small (lines, no columns; the package has the sources), and to name no folder of this machine.
    webpackConfigHook: (config) => ({
      ...config,
      devtool: 'inline-nosources-cheap-module-source-map',
      output: { ...config.output, devtoolModuleFilenameTemplate: '[resource-path]' },
    }),
  });
  writeFileSync(target, bundle.code);
}
