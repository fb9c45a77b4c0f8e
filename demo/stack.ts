import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { settleInTurn } from '../src/common/awaiting.js';
import { announceServer, serverOf } from '../src/cli/up/running-server.js';
import { TokenKeeperClient } from '../src/client.js';
import { connectClient, type Connected } from '../src/connect.js';
import type { ManagedConnections } from '../src/connections/connections.js';
import { TokenError } from '../src/core/errors.js';
import { environmentOf } from '../src/core/key.js';
import { defaultSearchAttributePrefix } from '../src/core/names.js';
import type { TokenSpec } from '../src/core/spec.js';
import { silentLog } from '../src/drivers.js';
import { issuerDrivers } from '../src/issuers/registry.js';
import { Tokens } from '../src/runtime.js';
import { startDevServer, type DevServer } from '../src/server/dev-server.js';
import { serversDir } from '../src/server/servers-dir.js';
import { connectionsOf, readConfig } from '../src/read-config.js';
import type { Alert } from './alerts.js';
import type { DemoOptions } from './options.js';
import { untilAlive } from './alive.js';
import { declareAll } from './declare.js';
import { configFor, prepareGrant, prepareImport, prepareSecrets, renewGrant } from './prepare.js';
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
  readonly specs: readonly TokenSpec[];
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
    const logFile = (name: string): string => `${files.state}/${name}.log`;
    const server = await startDevServer({
      cacheDir: await serversDir(`${files.state}/servers`, process.env),
      ...serverOf(folder),
      logFile: logFile('temporal'),
      port: options.port,
      uiPort: options.uiPort,
      onDownload: (what) => tell.event(`getting ${what}, once`),
    });
    stops.push(() => server.stop());
    void server.ended.then((how) => lost.abort(temporalEnded(how)));
    asked.throwIfAborted();
    // Lets `npx tokenkeeper list` in a second terminal find it.
    stops.push(await announceServer(folder, { address: server.address, uiUrl: server.uiUrl, pid: process.pid }));
    tell.ready(`✓ Temporal ${server.address}   Web UI ${server.uiUrl ?? 'off'}`);
    // Only now that this folder's Temporal is ours: another demo running here would use the same configuration and grants.
    const provider = await startProvider(files, { asked: options.providerPort, env, stop: asked }, tell.event);
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
        args: ['--config', config, '--address', server.address],
        env: { ...env, TOKENKEEPER_ALERT_URL: `http://127.0.0.1:${receiver.port}/alerts` },
        logFile: logFile('worker'),
      },
      (ended) => tell.event(`WORKER ENDED (${ended}): started again by its supervisor`),
    );
    stops.push(() => worker.stop());

    const loaded = await readConfig([config]);
    const connections = connectionsOf(loaded, { log: silentLog, env });
    const connected = await connectClient({ address: server.address, namespace: server.namespace, env: {} });
    stops.push(() => closeAll(connected, connections));
    const client = new TokenKeeperClient({ client: connected.client, searchAttributes: defaultSearchAttributePrefix });
    const specs = loaded.config.tokens;
    const imported = await importUnmintable(connections, specs);
    asked.throwIfAborted();
    const settle = await declareAll(client, specs, asked);
    // A token kept since an earlier start has already adopted its old value.
    for (const { key } of imported) await client.deliver(key, { reason: 'Imported' });
    const vaultOf = new Map(specs.map((spec) => [spec.key, spec.vault]));
    const tokens = new Tokens({
      client,
      issuers: issuerDrivers,
      vault: (key) => connections.vault(vaultOf.get(key) ?? '', environmentOf(key)),
    });
    const consent = (): Promise<void> => renewGrant(files, control);
    await untilAlive({ client, specs, consent, tell: tell.event, asked });
    await settle();
    tell.ready(`✓ vault (encrypted)  ✓ worker  ✓ applied tokens.yaml: ${specs.length} tokens`);
    return { server, providerUrl, control, worker, client, tokens, specs, stop };
  } catch (error) {
    // Why Temporal has ended is worth more than that something missed it, and both more than an error from stopping.
    const why: unknown = lost.signal.aborted ? lost.signal.reason : error;
    await stop().catch(() => undefined);
    throw why;
  }
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

/** @returns the tokens that now have another value */
async function importUnmintable(connections: ManagedConnections, specs: readonly TokenSpec[]): Promise<TokenSpec[]> {
  const imported: TokenSpec[] = [];
  for (const spec of specs.filter(({ issuer }) => issuer === 'manual')) {
    const vault = await connections.vault(spec.vault, environmentOf(spec.key));
    if (await prepareImport(vault, spec)) imported.push(spec);
  }
  return imported;
}

async function closeAll(connected: Connected, connections: ManagedConnections): Promise<void> {
  await connections.close();
  await connected.close();
}
