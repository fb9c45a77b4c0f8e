import { openReceiver } from '../../connections/notify.js';
import { silentLog } from '../../drivers.js';
import { driverDepsOf } from '../../read-config.js';
import type { Session } from '../session.js';
import { attempt, good, type Finding } from './finding.js';

/** Whether everybody could be told of trouble; tells nobody. One that can't be is seen in the worker's log only, and only in trouble. */
export async function* examineNotify(session: Session): AsyncGenerator<Finding> {
  const { config, baseDir } = await session.configAsFarAsLoaded();
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
