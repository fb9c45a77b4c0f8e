import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { settleInTurn } from '../common/awaiting.js';
import type { TokenKeeperClient } from '../client.js';
import { baseDirOf } from '../config/base-dir.js';
import { ConfigProblems } from '../config/problems.js';
import type { ManagedConnections } from '../connections/connections.js';
import type { Connected, ConnectOptions } from '../connect.js';
import { TokenError } from '../core/errors.js';
import { defaultPrefix, defaultTaskQueue } from '../core/names.js';
import type { ReadConfig } from '../read-config.js';
import { isPrefix, prefixWords } from './arguments/connection-options.js';
import type { AttributeMode } from './attributes.js';
import type { Io, Output } from './io.js';
import { paintFor, type Paint } from './terminal/paint.js';
import { findRunningServer, serverOf, type RunningServer } from './running-server.js';
import { safeLine, safeText } from './terminal/safe-text.js';

/** Options of every command. */
export interface GlobalOptions {
  readonly config?: readonly string[];
  readonly address?: string;
  readonly namespace?: string;
  readonly profile?: string;
  readonly taskQueue?: string;
  readonly prefix?: string;
}

/** One run of one command. It opens things once and late, and closes them at the end. */
export class Session {
  readonly #options: GlobalOptions;
  readonly #closers: (() => Promise<void>)[] = [];
  #config: Promise<ReadConfig> | null = null;
  #connected: Promise<Connected> | null = null;
  #server: ConnectOptions | null = null;
  #connections: Promise<ManagedConnections> | null = null;
  #stdoutIsReserved = false;
  /** The token that errors are about. */
  key: string | null = null;
  /** Whether the command itself handles a request to stop. */
  handlesStop = false;

  constructor(
    readonly io: Io,
    options: GlobalOptions,
  ) {
    this.#options = options;
    // Commands for many tokens add a listener for each.
    setMaxListeners(0, io.stop);
  }

  /** Files and folders of the configuration: --config, TOKENKEEPER_CONFIG, tokens.yaml. */
  get paths(): readonly string[] {
    return this.#namedPaths.length > 0 ? this.#namedPaths : ['tokens.yaml'];
  }

  get #namedPaths(): readonly string[] {
    const { config = [] } = this.#options;
    if (config.length > 0) return config;
    return (this.io.env['TOKENKEEPER_CONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  }

  /** The folder that the configuration's relative paths start from. */
  get baseDir(): string {
    return baseDirOf(this.paths);
  }

  get taskQueue(): string {
    return this.#options.taskQueue ?? (this.io.env['TOKENKEEPER_TASK_QUEUE'] || defaultTaskQueue);
  }

  get prefix(): string {
    return this.#options.prefix ?? prefixOfEnv(this.io.env['TOKENKEEPER_PREFIX']);
  }

  get connectOptions(): ConnectOptions {
    if (this.#server !== null) return this.#server;
    const { address, namespace, profile } = this.#options;
    return { address, namespace, profile, fallbackAddress: this.server()?.address, env: { ...this.io.env } };
  }

  /** Use only this server from now on, whatever the environment says: the command started it. */
  useServer(server: { readonly address: string; readonly namespace: string }): void {
    this.#server = { ...server, own: true };
  }

  /** The server that `up` runs here. */
  server(): RunningServer | null {
    return findRunningServer(this.baseDir);
  }

  get paint(): Paint {
    return paintFor(this.lines, this.io.env);
  }

  /** Where lines are printed. */
  get lines(): Output {
    return this.#stdoutIsReserved ? this.io.stderr : this.io.stdout;
  }

  /** Reserves stdout for one JSON document: from now on progress lines go to stderr. */
  reserveStdout(): void {
    this.#stdoutIsReserved = true;
  }

  /** Prints lines. */
  print(...lines: readonly string[]): void {
    for (const line of lines) this.lines.write(`${safeLine(line)}\n`);
  }

  printJson(value: unknown): void {
    this.io.stdout.write(`${safeText(JSON.stringify(value, null, 2))}\n`);
  }

  /** Prints one JSON document at the end, whatever that is: an error, Ctrl-C. What was done till then was done. */
  printJsonAtEnd(value: () => unknown): void {
    this.onClose(() => Promise.resolve(this.printJson(value())));
  }

  /** Prints a warning, separate from the result. */
  warn(message: string): void {
    this.io.stderr.write(`${safeText(`tokenkeeper: ${message}`)}\n`);
  }

  /** The configuration, without any problem. @throws ConfigProblems */
  async config(): Promise<ReadConfig> {
    const loaded = await this.soundConfig();
    const { problems } = loaded.config.worker;
    if (problems.length === 0) return loaded;
    throw new ConfigProblems(problems);
  }

  /**
   * What is sound of the configuration, for commands that need a part of it: a mistake in one entry must not stop what has nothing to do with
   * it. @throws ConfigProblems where no file can be read
   */
  soundConfig(): Promise<ReadConfig> {
    this.#config ??= import('../read-config.js').then(({ readConfig }) => readConfig(this.paths, { lenient: true }));
    return this.#config;
  }

  /** The worker's connections, on this host. */
  connections(): Promise<ManagedConnections> {
    this.#connections ??= this.#openConnections();
    return this.#connections;
  }

  /** The connection to Temporal. @throws TokenError `ServerUnavailable`, `ServerRefused` */
  connected(): Promise<Connected> {
    this.#connected ??= this.#connect();
    return this.#connected;
  }

  /** Whether the command itself uses Temporal. */
  get usesTemporal(): boolean {
    return this.#connected !== null;
  }

  /** Whether the command itself opens vaults, issuers or sinks. */
  get usesConnections(): boolean {
    return this.#connections !== null;
  }

  /** A client of the tokens. @throws TokenError `ConfigInvalid` for a variable, `ServerUnavailable`, `ServerRefused` */
  async client(mode: AttributeMode = 'none'): Promise<TokenKeeperClient> {
    // Read first: a wrong variable is reported whether or not Temporal is there.
    const { taskQueue, prefix } = this;
    const connected = await this.connected();
    const [{ TokenKeeperClient }, searchAttributes] = await Promise.all([
      import('../client.js'),
      mode === 'none' ? null : this.#attributes(connected, mode),
    ]);
    return new TokenKeeperClient({ client: connected.client, taskQueue, prefix, searchAttributes });
  }

  /** Does work to its end although it was asked to stop: cut off, it would leave something half done behind. */
  async uninterrupted<T>(work: () => Promise<T>): Promise<T> {
    this.handlesStop = true;
    try {
      return await work();
    } finally {
      this.handlesStop = false;
    }
  }

  /** Registers work for the end of the command; the last registered runs first. */
  onClose(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    await settleInTurn(this.#closers.splice(0).reverse());
  }

  async #openConnections(): Promise<ManagedConnections> {
    const [{ connectionsOf }, { silentLog }, loaded] = await Promise.all([
      import('../read-config.js'),
      import('../drivers.js'),
      this.soundConfig(),
    ]);
    const connections = connectionsOf(loaded, { log: silentLog, env: this.io.env });
    this.onClose(() => connections.close());
    return connections;
  }

  async #attributes(connected: Connected, mode: Exclude<AttributeMode, 'none'>): Promise<string | null> {
    const { findAttributes } = await import('./attributes.js');
    return findAttributes(connected, mode, (message) => this.warn(message));
  }

  async #connect(): Promise<Connected> {
    const { connectClient, resolveServer } = await import('../connect.js');
    const named = resolveServer({ ...this.connectOptions, fallbackAddress: '' });
    this.#refuseToGuess(named.connectionOptions.address !== '');
    const connected = await connectClient(this.connectOptions);
    this.onClose(() => connected.close());
    return connected;
  }

  /**
   * The default address may be another one's server, with tokens of the same names: it is not meant where a configuration is named that is
   * not there, nor where the tokens are with the server of `up`, which does not run.
   */
  #refuseToGuess(isNamed: boolean): void {
    if (this.#server !== null || isNamed) return;
    const missing = this.#namedPaths.find((path) => !existsSync(path));
    if (missing !== undefined) {
      throw new TokenError('ConfigInvalid', `${missing}: no such file, and nothing else says where Temporal is`, {
        do: 'correct --config or TOKENKEEPER_CONFIG; or name the server: --address, TEMPORAL_ADDRESS',
      });
    }
    const { databaseFile } = serverOf(this.baseDir);
    if (this.server() !== null || !existsSync(databaseFile)) return;
    throw new TokenError('ServerUnavailable', `the server that has ${databaseFile} does not run`, {
      do: 'start it as before: tokenkeeper up, or npm start; for tokens of another server, name that: --address, TEMPORAL_ADDRESS',
    });
  }
}

/** A variable must not put a prefix into queries that --prefix would refuse. */
function prefixOfEnv(text: string | undefined): string {
  if (!text) return defaultPrefix;
  if (isPrefix(text)) return text;
  throw new TokenError('ConfigInvalid', 'TOKENKEEPER_PREFIX is no prefix of workflow ids', {
    do: `use ${prefixWords}`,
  });
}
