import { SimplePlugin } from '@temporalio/plugin';
import type { BundleOptions, ReplayWorkerOptions, Worker, WorkerOptions } from '@temporalio/worker';
import { createActivities, type ActivityDeps } from './activities/index.js';
import { provideTokens, type ActivityTokens } from './plugin/activity-tokens.js';
import { TokenError } from './core/errors.js';
import { defaultTaskQueue } from './core/names.js';
import { checkPrebuilt, embedOurWorkflows, ourWorkflowsPath } from './plugin/bundle.js';
import { joinCredentialWatch } from './worker/share-credential-watch.js';

/** Which workers keep tokens, and with what. */
export interface TokenKeeperPluginOptions {
  /** Workers of this task queue keep tokens. Default: `tokenkeeper`. */
  readonly taskQueue?: string | undefined;
  /** Workers of other task queues keep tokens, too, where they have workflows of their own; and bundles include our workflows. Default: false. */
  readonly embed?: boolean | undefined;
  /**
   * What our activities need; without it a worker runs our workflows only. Where its connections come from a configuration, their
   * `credentialExpiresAt` is watched as long as the worker runs.
   */
  readonly deps?: ActivityDeps | undefined;
  /** Gives activities, including the user's own, access to the tokens: see `tokens()`. */
  readonly runtime?: ActivityTokens | undefined;
}

type ActivityMap = Record<string, unknown>;

/** What was already added: a plugin on both a connection and a worker runs twice, and the SDK does not deduplicate it. */
const ours = new WeakSet<object>();

/**
 * Makes a worker keep tokens: adds our workflows and activities to the user's. For a connection, a worker, a bundler or a replay worker;
 * adding it twice is harmless.
 * - A worker of our task queue gets both; it may have workflows of its own.
 * - A worker of another task queue gets them with `embed: true`, our workflows only if it has some: an activities-only worker stays so.
 * - A prebuilt bundle without our workflow is refused, unless a plugin after this one brings it.
 */
export class TokenKeeperPlugin extends SimplePlugin {
  readonly #taskQueue: string;
  readonly #embed: boolean;
  readonly #activities: ActivityMap;
  readonly #deps: ActivityDeps | undefined;
  readonly #runtime: ActivityTokens | undefined;

  constructor({ taskQueue = defaultTaskQueue, embed = false, deps, runtime }: TokenKeeperPluginOptions = {}) {
    super({ name: 'tokenkeeper.TokenKeeperPlugin' });
    this.#taskQueue = taskQueue;
    this.#embed = embed;
    this.#activities = deps === undefined ? {} : createActivities(deps);
    this.#deps = deps;
    this.#runtime = runtime;
    for (const activity of Object.values(this.#activities)) if (typeof activity === 'function') ours.add(activity);
  }

  /** @throws TokenError `ConfigInvalid` for a prebuilt bundle without our workflow, and for a user's activity with one of our names */
  override configureWorker(options: WorkerOptions): WorkerOptions {
    const given = this.#withTokens(options);
    const keeps = this.#keepsTokens(given);
    // With embed, a later plugin may bring the workflows: the bundler then adds ours, and they need the activities.
    if (!keeps && !this.#embed) return given;
    const activities = this.#mergeActivities(given.activities);
    if (!keeps) return { ...given, activities };
    if (given.workflowBundle !== undefined) checkPrebuilt(given.workflowBundle, given.taskQueue);
    return { ...given, ...workflowsFor(given), activities };
  }

  override configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    return { ...options, ...(this.#embed || !hasWorkflows(options) ? workflowsFor(options) : {}) };
  }

  override configureBundler(options: BundleOptions): BundleOptions {
    if (!this.#embed) return options;
    return { ...options, webpackConfigHook: embedOurWorkflows(options.webpackConfigHook) };
  }

  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    const { options } = worker;
    const watch = this.#deps !== undefined && this.#keepsTokens(options) ? joinCredentialWatch(this.#deps) : null;
    try {
      // Called before anything is awaited: whoever starts a worker may rely on it running when this returns.
      await super.runWorker(worker, next);
    } finally {
      await watch?.leave();
    }
  }

  #keepsTokens(options: Pick<WorkerOptions, 'taskQueue' | 'workflowsPath' | 'workflowBundle'>): boolean {
    return options.taskQueue === this.#taskQueue || (this.#embed && hasWorkflows(options));
  }

  #withTokens(options: WorkerOptions): WorkerOptions {
    if (this.#runtime === undefined) return options;
    const there = options.interceptors?.activity ?? [];
    if (there.some((factory) => ours.has(factory))) return options;
    const provide = provideTokens(this.#runtime);
    ours.add(provide);
    // First in line: the user's interceptors may call tokens(), too.
    return { ...options, interceptors: { ...options.interceptors, activity: [provide, ...there] } };
  }

  #mergeActivities(theirs: object = {}): ActivityMap {
    const merged: ActivityMap = { ...theirs };
    for (const [name, activity] of Object.entries(this.#activities)) {
      const there = merged[name];
      if (typeof there === 'function' && ours.has(there)) continue;
      if (there !== undefined)
        throw new TokenError('ConfigInvalid', `the worker has an activity named ${name} already`);
      merged[name] = activity;
    }
    return merged;
  }
}

type WorkflowOptions = Pick<WorkerOptions, 'workflowsPath' | 'workflowBundle' | 'bundlerOptions'>;

function hasWorkflows({ workflowsPath, workflowBundle }: WorkflowOptions): boolean {
  return workflowsPath !== undefined || workflowBundle !== undefined;
}

/** Our workflows: alone, or added to those that the worker bundles itself. A prebuilt bundle stays as it is. */
function workflowsFor(options: WorkflowOptions): WorkflowOptions {
  const { workflowsPath = ourWorkflowsPath, workflowBundle, bundlerOptions } = options;
  if (workflowBundle !== undefined) return {};
  // Also where there are only ours so far: a later plugin may put others in their place.
  const webpackConfigHook = embedOurWorkflows(bundlerOptions?.webpackConfigHook);
  return { workflowsPath, bundlerOptions: { ...bundlerOptions, webpackConfigHook } };
}
