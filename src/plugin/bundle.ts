import type { BundleOptions, WorkflowBundleOption } from '@temporalio/worker';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TokenError } from '../core/errors.js';
import { workflowType } from '../core/names.js';

type WebpackHook = NonNullable<BundleOptions['webpackConfigHook']>;

// The same extension as this file: TypeScript from the sources, JavaScript from the package.
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** Our workflows' entry, absolute. */
export const ourWorkflowsPath = fileURLToPath(new URL(`../workflows/index.${extension}`, import.meta.url));

const loaderPath = fileURLToPath(new URL('./embed-workflows.cjs', import.meta.url));
const embedding = new WeakSet<WebpackHook>();

/** A webpack hook that adds our workflows to a user's bundle, after the user's own hook; a hook that already does so is returned as it is. */
export function embedOurWorkflows(userHook: WebpackHook | undefined): WebpackHook {
  if (userHook !== undefined && embedding.has(userHook)) return userHook;
  const hook: WebpackHook = (given) => {
    // Looked at before the user’s hook, which may put an entry of its own before it, in place.
    const entry = entrypointOf(given);
    const config = userHook?.(given) ?? given;
    const rule = {
      resource: (path: string) => basename(path) === basename(entry),
      enforce: 'pre' as const,
      use: [{ loader: loaderPath, options: { ours: ourWorkflowsPath } }],
    };
    const module = { ...config.module, rules: [...(config.module?.rules ?? []), rule] };
    return { ...config, module, resolve: { ...config.resolve, ...aliases(config.resolve?.alias, entry) } };
  };
  embedding.add(hook);
  return hook;
}

type Aliases = NonNullable<NonNullable<Parameters<WebpackHook>[0]['resolve']>['alias']>;

/**
 * Our workflows take the user's copy of the SDK where this package has another one beside it, as where a folder of it was linked: workflows of
 * one bundle must not have two.
 */
function aliases(given: Aliases | undefined, entry: string): { readonly alias?: Aliases } {
  const sdk = '@temporalio/workflow';
  const [theirs, ours] = [entry, ourWorkflowsPath].map((path) => folderOf(sdk, path));
  return theirs === undefined || theirs === ours || Array.isArray(given) ? {} : { alias: { [sdk]: theirs, ...given } };
}

/** Where a package is, as seen from a file; undefined: nowhere. */
function folderOf(name: string, from: string): string | undefined {
  try {
    return dirname(createRequire(from).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The entry point that the SDK generates next to the user's workflows. */
function entrypointOf({ entry }: Parameters<WebpackHook>[0]): string {
  const first: unknown = Array.isArray(entry) ? entry[0] : entry;
  if (typeof first === 'string') return first;
  throw new TokenError('ConfigInvalid', 'this version of @temporalio/worker gives webpack no entry that is known', {
    do: "export * from 'temporal-tokenkeeper/workflows' in your workflows entry, and leave out embed",
  });
}

/**
 * Refuses a prebuilt bundle without our workflow: its tokens would wait for ever.
 * @throws TokenError `ConfigInvalid`
 */
export function checkPrebuilt(bundle: WorkflowBundleOption, taskQueue: string): void {
  const code = 'code' in bundle ? bundle.code : readFileSync(bundle.codePath, 'utf8');
  if (code.includes(workflowType)) return;
  throw new TokenError(
    'ConfigInvalid',
    `the prebuilt workflow bundle of task queue ${taskQueue} lacks ${workflowType}`,
    {
      do: 'bundleWorkflowCode({ workflowsPath, plugins: [new TokenKeeperPlugin({ embed: true })] })',
    },
  );
}
