import type { Log } from '../drivers.js';
import type { Io } from './io.js';
import { calmLog } from './calm-log.js';

/** Sends the Temporal SDK's own log to ours, and leaves stopping to us. Settings of the whole process. */
export async function ownRuntime(io: Io, log: Log): Promise<void> {
  if (!io.ownsProcess) return;
  const { DefaultLogger, makeTelemetryFilterString, Runtime } = await import('@temporalio/worker');
  const calm = calmLog(log);
  const logger = new DefaultLogger('WARN', ({ level, message, meta }) => {
    // Every activity here is ours and has logged it already.
    if (message === 'Activity failed') return;
    const fields = {
      source: 'temporal',
      ...(typeof meta?.['sdkComponent'] === 'string' ? { part: meta['sdkComponent'] } : {}),
    };
    if (level === 'ERROR') calm.error(message, fields);
    else calm.warn(message, fields);
  });
  const logging = { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) };
  Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging } });
}
