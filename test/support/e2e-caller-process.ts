import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { TokenKeeperClient } from '../../src/client.js';
import { connectClient } from '../../src/connect.js';
import { silentLog } from '../../src/drivers.js';
import { connectionsOf, readConfig } from '../../src/read-config.js';
import { createTokens } from '../../src/tokens.js';
import type { CallerSettings, Round } from './e2e-callers.js';

/** A job with many callers that fetch their token at run time, in a process of its own. */
const settings = JSON.parse(process.env['TEST_CALLER'] ?? '') as CallerSettings;
const { key, url, callers } = settings;
const loaded = await readConfig([settings.config]);
const connections = connectionsOf(loaded, { log: silentLog, env: {} });
const { address, namespace, prefix } = settings;
const connected = await connectClient({ address, namespace, env: {} });
const client = new TokenKeeperClient({ client: connected.client, taskQueue: prefix, prefix, searchAttributes: null });
const tokens = createTokens({ config: loaded.config, connections, client });

/** Makes one call. @returns the generation that the API accepted */
async function call(): Promise<number> {
  let used = 0;
  const response = await tokens.withToken(key, async ({ value, generation }) => {
    used = generation;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${value}` } });
    await answer.body?.cancel();
    return answer;
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return used;
}

async function runRound(): Promise<Round> {
  // Not all at the same instant: some must come while the first ones already wait.
  const calls = Array.from({ length: callers }, (_, n) => sleep(n * 10).then(call));
  const outcomes = await Promise.allSettled(calls);
  return {
    generations: outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    failures: outcomes.flatMap((one) => (one.status === 'rejected' ? [inspect(one.reason)] : [])),
  };
}

process.on('message', (message: { readonly round: number }) => {
  void runRound().then((outcome) => process.send?.({ ...outcome, round: message.round }));
});
process.on('disconnect', () => process.exit(0));
// Fills the cache before the first round.
await call();
process.send?.('ready');
