import type { Log } from '../drivers.js';

/** How long a line is not repeated, in ms, and how many different ones are remembered. */
const limits = { quietMs: 30_000, shapes: 100 };

/**
 * A log that writes lines which differ in their digits alone at most once in half a minute; the next one says how many were left out
 * (`repeated`). For what is not ours: while Temporal is down, each of the SDK's pollers tells of each of its retries, for hours.
 * @param now - ms of a clock that is never set back
 */
export function calmLog(log: Log, now: () => number = () => performance.now()): Pick<Log, 'warn' | 'error'> {
  const told = new Map<string, { readonly at: number; repeated: number }>();
  const calm =
    (level: 'warn' | 'error'): Log['warn'] =>
    (message, fields = {}) => {
      const shape = `${level} ${message.replaceAll(/\d+/g, '#')} ${JSON.stringify(fields)}`;
      const last = told.get(shape);
      if (last !== undefined && now() - last.at < limits.quietMs) {
        last.repeated++;
        return;
      }
      if (told.size >= limits.shapes) told.clear();
      told.set(shape, { at: now(), repeated: 0 });
      log[level](message, last?.repeated ? { ...fields, repeated: last.repeated } : fields);
    };
  return { warn: calm('warn'), error: calm('error') };
}
