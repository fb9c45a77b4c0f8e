import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenKeeperClient } from '../src/client.js';
import { TokenError, type ErrorCode } from '../src/core/errors.js';
import type { TokenSpec } from '../src/core/spec.js';

type Client = Pick<TokenKeeperClient, 'apply' | 'list'>;

const workerLimitMs = 120_000;
const deliveredLimitMs = 30_000;
/** A worker that is busy yet, and a workflow task that an older worker failed at: its next try comes after a backoff. */
const passing: ReadonlySet<string> = new Set<ErrorCode>(['ServerUnavailable', 'WorkflowTaskFailing']);

/**
 * Declares the demo's tokens. One that has reached no sink yet takes over what an earlier life of the demo left in vault and sinks:
 * `rm -r .tokenkeeper` begins it anew, and leaves `run`.
 * @returns what is left to do once every token has a value: to end the permission when all is delivered
 */
export async function declareAll(
  client: Client,
  specs: readonly TokenSpec[],
  asked: AbortSignal,
): Promise<() => Promise<void>> {
  const reached = new Set((await client.list()).filter(({ sinks }) => sinks?.acknowledged).map(({ key }) => key));
  const unreached = specs.filter(({ key }) => !reached.has(key));
  for (const spec of specs) {
    const takeOver = unreached.includes(spec);
    await declare(client, takeOver ? takingOver(spec) : spec, { takeOver, asked });
  }
  return async () => {
    const deadline = Date.now() + deliveredLimitMs;
    while (unreached.length > 0 && !(await areDelivered(client)) && Date.now() < deadline)
      await sleep(200, undefined, { signal: asked });
    for (const spec of unreached) await declare(client, spec, { takeOver: false, asked });
  };
}

/** Declares a token. At a second start its run must answer first, and on a busy machine the worker takes longer than a status waits. */
async function declare(
  client: Client,
  spec: TokenSpec,
  { takeOver, asked }: { readonly takeOver: boolean; readonly asked: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + workerLimitMs;
  for (;;) {
    try {
      await client.apply(spec, { takeOver });
      return;
    } catch (error) {
      if (!(error instanceof TokenError) || !passing.has(error.code) || Date.now() > deadline) throw error;
    }
    await sleep(200, undefined, { signal: asked });
  }
}

const takingOver = (spec: TokenSpec): TokenSpec => ({
  ...spec,
  sinks: spec.sinks.map((sink) => ({ ...sink, takeOver: true })),
});

async function areDelivered(client: Client): Promise<boolean> {
  return (await client.list()).every(({ sinks }) => sinks !== null && sinks.acknowledged === sinks.total);
}
