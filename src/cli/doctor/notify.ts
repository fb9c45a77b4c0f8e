import { openReceiver } from '../../connections/notify.js';
import { silentLog } from '../../drivers.js';
import { driverDepsOf } from '../../read-config.js';
import type { Session } from '../session.js';
import { attempt, good, type Finding } from './finding.js';

/** Checks that every receiver could be notified; notifies nobody. A broken one would only show in the worker's log, once there is trouble. */
export async function* examineNotify(session: Session): AsyncGenerator<Finding> {
  const { config, baseDir } = await session.soundConfig();
  const deps = driverDepsOf(baseDir, { log: silentLog, env: session.io.env });
  const ready: string[] = [];
  for (const [index, receiver] of config.worker.notify.entries()) {
    const what = `notify[${index}]`;
    const opened = await attempt(what, () => openReceiver(receiver, what, deps));
    if (opened.ok) ready.push(receiver.notifier);
    else yield opened.finding;
  }
  if (ready.length > 0) yield good('notify', ready.join(', '));
}
