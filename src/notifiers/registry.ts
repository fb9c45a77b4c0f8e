import { log } from './log.js';
import type { Notifier } from './notifier.js';
import { webhook } from './webhook.js';

/** Every notifier, by the key that names it in an entry of `notify`. */
export const notifiers: Readonly<Record<string, Notifier>> = { log, webhook };
