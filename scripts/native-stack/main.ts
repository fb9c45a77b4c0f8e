import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { whenAborted } from '../../src/common/awaiting.js';
import { TokenError } from '../../src/core/errors.js';
import { startNativeStack, type NativeStack } from './stack.js';

/**
 * `npm run stack`: Temporal on PostgreSQL with its Web UI, without a container engine, until Ctrl-C or SIGTERM. Its data stay in the
 * folder for the next start.
 */
const home = fileURLToPath(new URL('../../.tokenkeeper', import.meta.url));
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string', default: join(home, 'stack') },
      port: { type: 'string' },
      'ui-port': { type: 'string' },
    },
  });
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => asked.abort());
  const stack = await startNativeStack({
    folder: values.folder,
    cacheDir: join(home, 'servers'),
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values['ui-port'] === undefined ? {} : { uiPort: Number(values['ui-port']) }),
    onStep: say,
    signal: asked.signal,
  });
  say(`Temporal ${stack.address}   Web UI ${stack.webUiUrl}   logs in ${values.folder}`);
  say(`next: TEMPORAL_ADDRESS=${stack.address} tokenkeeper worker; Ctrl-C stops`);
  return await untilAsked(stack, asked.signal);
}

/** @returns the exit code */
async function untilAsked(stack: NativeStack, asked: AbortSignal): Promise<number> {
  const failure = await Promise.race([stack.failed, whenAborted(asked)]);
  say(failure ?? 'stopping');
  await stack.stop();
  return failure === undefined ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isAbort = error instanceof Error && error.name === 'AbortError';
  if (!isAbort) {
    process.stderr.write(`stack: ${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof TokenError) process.stderr.write(`do: ${error.do}\n`);
  }
  process.exitCode = isAbort ? 0 : 1;
}
