import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { AsyncLocalStorage } from 'node:async_hooks';
import { TokenError } from '../core/errors.js';
import type { Tokens } from '../runtime.js';
import { defined } from '../core/defined.js';

/** What an activity can get from the worker that runs it. */
export type ActivityTokens = Pick<Tokens, 'withToken'>;

const running = new AsyncLocalStorage<ActivityTokens>();

/**
 * Access to the tokens, inside an activity on a worker with TokenKeeperPlugin.
 * @throws TokenError `ConfigInvalid` outside of one, or where the plugin has no runtime
 */
export function tokens(): ActivityTokens {
  const runtime = running.getStore();
  if (runtime !== undefined) return runtime;
  throw new TokenError('ConfigInvalid', 'tokens() was called outside of an activity that the plugin’s runtime serves', {
    do: 'call it inside an activity, on a worker with new TokenKeeperPlugin({ runtime })',
  });
}

/** Runs each activity with the runtime available; its TokenErrors become failures that a workflow can tell apart. */
export function provideTokens(runtime: ActivityTokens): ActivityInterceptorsFactory {
  return () => ({
    inbound: {
      execute: (input, next) =>
        running.run(runtime, async () => {
          try {
            return await next(input);
          } catch (error) {
            throw error instanceof TokenError ? asFailure(error) : error;
          }
        }),
    },
  });
}

/** The code becomes the type, for `nonRetryableErrorTypes`; the retry policy decides whether to try again, the error may say when. */
function asFailure({ code, message, do: remedy, retryAfterMs, stack }: TokenError): ApplicationFailure {
  const failure = ApplicationFailure.create({
    type: code,
    message,
    details: [{ do: remedy }],
    ...defined({ nextRetryDelay: retryAfterMs }),
  });
  // The stack of the error, not of this conversion.
  if (stack !== undefined) failure.stack = stack;
  return failure;
}
