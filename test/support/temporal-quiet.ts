import { Runtime } from '@temporalio/worker';

/** Says nothing: for workers and bundles of tests. */
export const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };

let installed = false;

/** Keeps the SDK off the console. Once a process, before its first connection. */
export function quietRuntime(): void {
  if (installed) return;
  installed = true;
  Runtime.install({ logger: quiet });
}
