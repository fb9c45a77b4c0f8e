import { makeTelemetryFilterString, Runtime } from '@temporalio/worker';

/** A silent logger for tests' workers and bundles. */
export const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };

let installed = false;

/** Keeps the SDK off the console. Once a process, before its first connection. */
export function quietRuntime(): void {
  if (installed) return;
  installed = true;
  // Forwarded to the logger above: the native part would write to the console otherwise.
  const logging = { forward: {}, filter: makeTelemetryFilterString({ core: 'ERROR' }) };
  Runtime.install({ logger: quiet, telemetryOptions: { logging } });
}
