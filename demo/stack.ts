import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { settleInTurn } from '../src/common/awaiting.js';
import { announceServer, serverOf } from '../src/cli/running-server.js';
import type { TokenKeeperClient } from '../src/client.js';
import { TokenError } from '../src/core/errors.js';
import type { Tokens } from '../src/runtime.js';
import { startDevServer, type DevServer } from '../src/server/dev-server.js';
import { serversDir } from '../src/server/servers-dir.js';
import type { Alert } from './alerts.js';
import type { DemoOptions } from './options.js';
import { untilAlive } from './alive.js';
import { declareKept, openKept } from './kept.js';
import { configFor, type DemoFiles, prepareGrant, prepareSecrets, renewGrant } from './prepare.js';
import type { ProviderControl } from './provider/control-client.js';
import { startProvider } from './start-provider.js';
import { startReceiver } from './receiver.js';
import { supervise, type Supervised } from './supervisor.js';

/** Everything that the demo runs. */
export interface Stack {
  readonly server: DevServer;
  readonly providerUrl: string;
  readonly control: ProviderControl;
  readonly worker: Supervised;
  readonly client: TokenKeeperClient;
  readonly tokens: Tokens;
  /** Ends everything, in an order that loses nothing. */
  stop(): Promise<void>;
}

/** Callbacks for what the stack does. */
export interface Tell {
  /** A part of it is ready. */
  readonly ready: (line: string) => void;
  /** Something happened: a download, a restart. */
  readonly event: (line: string) => void;
  readonly alert: (alert: Alert) => void;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Starts Temporal, the provider, the receiver and the worker, and declares the tokens.
 * @param tell - called for what is ready, what happens, and alerts
 * @param stopAsked - aborted to stop: checked between two steps, and everything already running is ended again
 * @throws TokenError; the reason of `stopAsked`
 */
export async function startStack(
  folder: string,
  options: DemoOptions,
  tell: Tell,
  stopAsked: AbortSignal,
): Promise<Stack> {
  const lost = new AbortController();
  const asked = AbortSignal.any([stopAsked, lost.signal]);
  const stops: (() => Promise<void>)[] = [];
  const stop = (): Promise<void> => settleInTurn(stops.splice(0).reverse());
  try {
    const files = await prepareSecrets(folder);
    const env = withoutOurs(process.env);
    const server = await startTemporal(folder, files, options, tell, asked);
    stops.push(() => server.stop());
    void server.ended.then((how) => lost.abort(temporalEnded(how)));
    asked.throwIfAborted();
    const { address, uiUrl } = server;
    // Lets `npx tokenkeeper list` in a second terminal find it.
    stops.push(await announceServer(folder, { address, uiUrl, pid: process.pid }));
    tell.ready(`✓ Temporal ${address}   Web UI ${uiUrl ?? 'off'}`);
    // Only now that this folder's Temporal is ours: another demo running here would use the same configuration and grants.
    const provider = await startProvider(files, { port: options.providerPort, env, stop: asked }, tell.event);
    stops.push(() => provider.stop());
    const { control, url: providerUrl } = provider;
    tell.ready(`✓ OAuth 2 provider :${provider.port}    real server, tokens live 60 s`);
    await prepareGrant(files, control);
    const receiver = await startReceiver(
      { title: 'webhook receiver', asked: options.receiverPort, from: 9401 },
      await readFile(files.hookSecret, 'utf8'),
      tell.alert,
    );
    stops.push(() => receiver.close());
    const config = await configFor(folder, { provider: provider.port, receiver: receiver.port }, Date.now());
    asked.throwIfAborted();

    const worker = await supervise(
      here('./worker.js'),
      {
        args: ['--config', config, '--address', address],
        env: { ...env, TOKENKEEPER_ALERT_URL: `http://127.0.0.1:${receiver.port}/alerts` },
        logFile: logFileOf(files, 'worker'),
      },
      (ended) => tell.event(`WORKER ENDED (${ended}): started again by its supervisor`),
    );
    stops.push(() => worker.stop());

    const kept = await openKept(config, server, env);
    stops.push(() => kept.close());
    const { client, specs } = kept;
    const settle = await declareKept(kept, asked);
    const consent = (): Promise<void> => renewGrant(files, control);
    await untilAlive({ client, specs, consent, tell: tell.event, asked });
    await settle();
    tell.ready(`✓ vault (encrypted)  ✓ worker  ✓ applied tokens.yaml: ${specs.length} tokens`);
    return { server, providerUrl, control, worker, client, tokens: kept.tokens, stop };
  } catch (error) {
    // Why Temporal has ended is worth more than that something missed it, and both more than an error from stopping.
    const why: unknown = lost.signal.aborted ? lost.signal.reason : error;
    await stop().catch(() => undefined);
    throw why;
  }
}

const logFileOf = ({ state }: DemoFiles, name: string): string => `${state}/${name}.log`;

async function startTemporal(
  folder: string,
  files: DemoFiles,
  { port, uiPort }: DemoOptions,
  tell: Tell,
  stop: AbortSignal,
): Promise<DevServer> {
  return startDevServer({
    cacheDir: await serversDir(`${files.state}/servers`, process.env),
    ...serverOf(folder),
    logFile: logFileOf(files, 'temporal'),
    port,
    uiPort,
    onDownload: (what) => tell.event(`getting ${what}, once`),
    stop,
  });
}

/** Temporal's end, which nobody asked for. @param how - an exit code or a signal */
export const temporalEnded = (how: string): TokenError =>
  new TokenError('ServerUnavailable', `Temporal has ended: ${how}`, {
    do: 'read .tokenkeeper/temporal.log; npm start goes on with the same tokens',
  });

/** The demo has its own vault key and alerts: a shell's variables for somebody's real tokens must not reach it. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TOKENKEEPER_')));
}
