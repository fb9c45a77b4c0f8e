import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Client, Connection } from '@temporalio/client';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { afterAll, beforeAll, inject } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';
import type { statusJson } from '../../src/cli/views/status-json.js';
import { silentLog } from '../../src/drivers.js';
import { exampleProvider, type ExampleProvider } from '../../src/issuers/example-provider.js';
import { createWorkerHost } from '../../src/worker.js';
import { untilIndexed } from './indexed.js';
import { bundleOnce, uniqueName } from './temporal.js';
import { quietRuntime } from './temporal-quiet.js';
import { waitFor } from './wait-for.js';

/** A command's output and exit code. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is still running. */
export interface RunningCommand {
  readonly ended: Promise<Outcome>;
  /** All of stdout so far. */
  said(): string;
  /** All of stderr so far. */
  stderr(): string;
  /** As Ctrl-C or SIGTERM would. */
  stop(signal?: 'SIGINT' | 'SIGTERM'): void;
}

export interface CommandOptions {
  /** What comes on stdin. */
  readonly stdin?: string;
  /** stdout is a terminal. */
  readonly terminal?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Starts a command in this process. */
export function startCommand(argv: readonly string[], options: CommandOptions = {}): RunningCommand {
  const stdout = new Captured(options.terminal ?? false);
  const stderr = new Captured(false);
  const stop = new AbortController();
  let taken: ((signal: NodeJS.Signals) => void) | null = null;
  const io: Io = {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout,
    stderr,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env },
    stop: stop.signal,
    takeSignals(listener) {
      taken = listener;
      return () => (taken = null);
    },
    sharesKeys: () => false,
    ownsProcess: false,
  };
  const ended = run(argv, io).then((code) => ({ code, stdout: stdout.text, stderr: stderr.text }));
  return {
    ended,
    said: () => stdout.text,
    stderr: () => stderr.text,
    stop: (signal = 'SIGINT') => (taken === null ? stop.abort(signal) : taken(signal)),
  };
}

class Captured extends Writable {
  text = '';
  readonly columns = 100;

  constructor(readonly isTTY: boolean) {
    super();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A folder with a configuration, its worker in this process on the run's server, and the command line on it. */
export interface CliBench {
  readonly folder: string;
  readonly configFile: string;
  /** Options for a command to use this bench: for tests that spawn. */
  readonly flags: readonly string[];
  /** The environment of the tokens; no other test uses it. */
  readonly environment: string;
  key(name: string): string;
  /** Writes `tokens.yaml` with the connections below and these tokens. */
  declare(tokens: Readonly<Record<string, object>>, more?: object): Promise<void>;
  start(argv: readonly string[], options?: CommandOptions): RunningCommand;
  tokenkeeper(argv: readonly string[], options?: CommandOptions): Promise<Outcome>;
  /** The command line as given, without the options for this bench. */
  raw(argv: readonly string[], options?: CommandOptions): Promise<Outcome>;
  /** A file below the folder. */
  read(path: string): Promise<string>;
  remove(path: string): Promise<void>;
  /** The provider behind the issuer `idp`. */
  readonly provider: ExampleProvider;
  /** `status -o json`. */
  status(key: string): Promise<StatusJson>;
  /** Waits until visibility shows these tokens, and none that has ended: before commands that use it (`list`, `--all`, `--prune`, `eject`). */
  indexed(...keys: readonly string[]): Promise<void>;
  /** Waits until nothing keeps the token. */
  gone(key: string): Promise<void>;
}

/** What tests read of `status -o json`. */
export type StatusJson = ReturnType<typeof statusJson>;

/** One bench for all tests of a file. */
export function withCli(options: { readonly worker?: boolean } = {}): CliBench {
  const environment = uniqueName('cli');
  let folder = '';
  let stopWorker = async (): Promise<void> => {};
  const bench: CliBench = {
    get folder() {
      return folder;
    },
    get configFile() {
      return join(folder, 'tokens.yaml');
    },
    get flags() {
      const { address, namespace } = inject('temporal');
      const here = [
        '--address',
        address,
        '--namespace',
        namespace,
        '--task-queue',
        environment,
        '--prefix',
        environment,
      ];
      return ['--config', join(folder, 'tokens.yaml'), ...here];
    },
    environment,
    key: (name) => `${environment}/${name}`,
    async declare(tokens, more = {}) {
      await writeFile(join(folder, 'tokens.yaml'), JSON.stringify({ ...connections(environment), ...more, tokens }));
    },
    start: (argv, command) => startCommand([...bench.flags, ...argv], command),
    tokenkeeper: (argv, command) => bench.start(argv, command).ended,
    raw: (argv, command) => startCommand(argv, command).ended,
    remove: (path) => rm(join(folder, path)),
    read: (path) => readFile(join(folder, path), 'utf8'),
    provider: exampleProvider(environment),
    async status(key) {
      // A busy worker may be silent for longer than the command waits.
      const { stdout, stderr } = await waitFor(() => bench.tokenkeeper(['status', key, '-o', 'json']), {
        limitMs: 60_000,
        until: (said) => !said.stderr.includes('no worker answered'),
      });
      if (stderr !== '') throw new Error(stderr);
      return JSON.parse(stdout) as StatusJson;
    },
    async indexed(...keys) {
      const { address, namespace } = inject('temporal');
      const connection = await Connection.connect({ address });
      try {
        await untilIndexed(new Client({ connection, namespace }), environment, keys);
      } finally {
        await connection.close();
      }
    },
    async gone(key) {
      const look = (): Promise<Outcome> => bench.tokenkeeper(['status', key]);
      await waitFor(look, { limitMs: 45_000, until: ({ stderr }) => stderr.includes('(NotKept)') });
    },
  };
  beforeAll(async () => {
    quietRuntime();
    folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-cli-'));
    await mkdir(join(folder, 'run'));
    await bench.declare({});
    await startCommand(['--config', join(folder, 'tokens.yaml'), 'vault', 'init']).ended;
    if (options.worker !== false) stopWorker = await startWorker(bench, await bundleOnce());
  });
  afterAll(async () => {
    await stopWorker();
    await rm(folder, { recursive: true, force: true });
  });
  return bench;
}

/** JSON is valid YAML. */
function connections(name: string): object {
  return {
    version: 1,
    defaults: { owner: 'platform', renewBefore: '33%', grace: '1s' },
    vaults: { local: { driver: 'embedded', path: 'vault.db' } },
    issuers: {
      idp: { driver: 'example', provider: name },
      // nobody listens there, and it would revoke nothing
      plain: { driver: 'oauth2', tokenEndpoint: 'http://127.0.0.1:9/token', clientId: 'x', authMethod: 'none' },
    },
    sinks: {
      files: { driver: 'file', root: 'run', mode: '0600' },
      env: { driver: 'dotenv', path: 'run/all.env' },
      // its folder is a file
      broken: { driver: 'file', root: 'tokens.yaml/no' },
    },
  };
}

/** Starts a worker with a bench's configuration. @returns stops it */
export async function startWorker(
  bench: Pick<CliBench, 'configFile' | 'environment'>,
  workflowBundle: WorkflowBundleOption,
): Promise<() => Promise<void>> {
  const { address, namespace } = inject('temporal');
  const host = await createWorkerHost({
    paths: [bench.configFile],
    taskQueue: bench.environment,
    log: silentLog,
    connect: { address, namespace },
    worker: { workflowBundle },
  });
  const running = host.run();
  return async () => {
    host.shutdown();
    await running;
  };
}
