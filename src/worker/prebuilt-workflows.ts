import type { WorkerOptions } from '@temporalio/worker';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Options that a bundle is made by, or with. */
const bundling = [
  'bundlerOptions',
  'dataConverter',
  'interceptors',
  'plugins',
  'workflowBundle',
  'workflowsPath',
] as const satisfies readonly (keyof WorkerOptions)[];

/** The SDK that is installed: a bundle includes its workflow side, and the worker's side must be the same version. null: it does not tell. */
function sdkVersion(): string | null {
  try {
    return (createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string }).version;
  } catch {
    return null; // a later SDK may not export that file
  }
}

/**
 * Our workflows as the build bundled them: a worker that bundles them itself starts two seconds later, with 70 to 100 MB more at its peak.
 * @param options - of the worker
 * @param version - of `@temporalio/worker`
 * @returns undefined where the worker has to bundle: its options ask for it, the build had another SDK, or this runs from the sources
 */
export function prebuiltWorkflows(
  options: Partial<WorkerOptions> = {},
  version: string | null = sdkVersion(),
): { readonly codePath: string } | undefined {
  if (version === null || bundling.some((name) => options[name] !== undefined)) return undefined;
  const codePath = fileURLToPath(new URL(`../workflows/bundle-${version}.cjs`, import.meta.url));
  return existsSync(codePath) ? { codePath } : undefined;
}
