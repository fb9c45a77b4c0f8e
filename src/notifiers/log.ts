import { z } from 'zod';
import { defineNotifier } from './notifier.js';

/** Writes a line to the worker's log. */
export const log = defineNotifier({
  settings: z.object({ log: z.literal(true) }),
  tell(_, { event, message, ...fields }, deps) {
    deps.log[event === 'recovered' ? 'info' : 'warn'](message, { event, ...fields });
    return Promise.resolve();
  },
});
