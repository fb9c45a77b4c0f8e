import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { inject } from 'vitest';
import { readRecord } from '../../src/activities/store.js';
import { TokenKeeperClient } from '../../src/client.js';
import type { TokenStatus } from '../../src/client/status.js';
import type { ManagedConnections } from '../../src/connections/connections.js';
import { environmentOf } from '../../src/core/key.js';
import { defaultSearchAttributePrefix } from '../../src/core/names.js';
import { currentOf, type VaultRecord } from '../../src/core/record/record.js';
import type { TokenSpec } from '../../src/core/spec.js';
import { silentLog } from '../../src/drivers.js';
import { connectionsOf, readConfig } from '../../src/read-config.js';
import { createTokens } from '../../src/tokens.js';
import type { Tokens } from '../../src/runtime.js';
import { variableOf } from '../../src/sinks/variable-of.js';
import { initEmbeddedVault } from '../../src/vaults/embedded.js';
import { embeddedSettings } from '../../src/vaults/embedded/settings.js';
import { startProvider, type TestProvider } from './provider.js';
import { SecretScan } from './secret-scan.js';
import { lookAtWorkflows, type Looked } from './secret-scan-temporal.js';
import { bundleOnce, uniqueName, type TestTemporal } from './temporal.js';
import { waitFor } from './wait-for.js';
import { TestProcess, type Kill, type WorkerSettings } from './worker-process-control.js';

export interface WorldOptions {
  readonly temporal: TestTemporal;
  /** Settings of each token, in addition to the defaults, by key. */
  readonly tokens: Readonly<Record<string, object>>;
  /** Lifetime of the provider's access tokens, in s; the default is so long that no renewal comes due. */
  readonly accessTokenTtlS?: number;
  readonly maxRotationsPerRun?: number;
  /** Of the configuration's `notify`. */
  readonly notify?: readonly object[];
  readonly defaults?: object;
  /** Further settings of the issuer connection. */
  readonly issuer?: object;
}

/** The two tokens that most tests use: `demo/a` is re-mintable (class A), `demo/d` has a refresh token (class D). */
export const tokenA = {
  issuer: 'idp',
  grant: 'client_credentials',
  scopes: ['invoices:read'],
  sinks: ['files', 'env'],
};
export const tokenD = { issuer: 'idp', grant: 'refresh_token', initialGrant: 'first', sinks: ['files', 'env'] };

/**
 * One whole installation for a test: a real provider, a folder with a configuration, an embedded vault and file sinks, workers in their
 * own processes, a client. All on the run's Temporal server, with its own prefix and task queue.
 */
export class World {
  readonly scan = new SecretScan();
  readonly #processes: TestProcess[] = [];

  private constructor(
    readonly options: WorldOptions,
    /** Prefix of its workflows, also its task queue. */
    readonly prefix: string,
    readonly folder: string,
    readonly provider: TestProvider,
    readonly client: TokenKeeperClient,
    readonly connections: ManagedConnections,
    readonly specs: readonly TokenSpec[],
    readonly tokens: Tokens,
  ) {}

  static async make(options: WorldOptions): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-e2e-'));
    const clientSecret = `client-secret-${randomBytes(12).toString('hex')}`;
    const provider = await startProvider({ clientSecret, accessTokenTtlS: options.accessTokenTtlS ?? 900 });
    await writeSecrets(folder, clientSecret, await provider.control.mintGrant({ resource: 'https://crm.test' }));
    const config = join(folder, 'tokens.yaml');
    await writeFile(config, JSON.stringify(configFor(provider.issuer, options), null, 2));
    const deps = { fetch, now: Date.now, baseDir: folder, env: {}, log: silentLog };
    await initEmbeddedVault(embeddedSettings.parse({}), deps);
    const loaded = await readConfig([config]);
    const connections = connectionsOf(loaded, { log: silentLog, env: {} });
    const prefix = uniqueName('e2e');
    const client = new TokenKeeperClient({
      client: options.temporal.client,
      taskQueue: prefix,
      prefix,
      actor: 'e2e',
      searchAttributes: defaultSearchAttributePrefix,
      ...(options.maxRotationsPerRun === undefined ? {} : { maxRotationsPerRun: options.maxRotationsPerRun }),
    });
    const tokens = createTokens({ config: loaded.config, connections, client });
    return new World(options, prefix, folder, provider, client, connections, loaded.config.tokens, tokens);
  }

  get config(): string {
    return join(this.folder, 'tokens.yaml');
  }

  /** Starts a worker. @param kill - where it dies */
  async startWorker(kill: Kill | null = null): Promise<TestProcess> {
    const { address, namespace } = inject('temporal');
    const settings: WorkerSettings = {
      config: this.config,
      address,
      namespace,
      taskQueue: this.prefix,
      bundle: (await bundleOnce()).codePath,
      sinksFolder: join(this.folder, 'run'),
      issuedFile: join(this.folder, 'issued'),
      kill,
    };
    return this.startProcess('worker-process.js', { TEST_WORKER: JSON.stringify(settings) });
  }

  /** Starts a program of this folder; it ends with this world, and its output is scanned. */
  async startProcess(script: string, env: Record<string, string>): Promise<TestProcess> {
    const started = await TestProcess.start(script, env);
    this.#processes.push(started);
    return started;
  }

  spec(key: string): TokenSpec {
    const found = this.specs.find((spec) => spec.key === key);
    if (found === undefined) throw new Error(`no token ${key}`);
    return found;
  }

  /** Waits until a token is healthy on at least this generation, all its sinks included. */
  healthy(key: string, generation: number, limitMs = 120_000): Promise<TokenStatus> {
    return this.until(
      key,
      (s) => s.state === 'healthy' && s.generation >= generation && s.acknowledged === s.total,
      limitMs,
    );
  }

  until(key: string, isIt: (status: TokenStatus) => boolean, limitMs = 120_000): Promise<TokenStatus> {
    const describe = ({ state, generation, acknowledged, phase, problem }: TokenStatus): string =>
      JSON.stringify({ state, generation, acknowledged, phase, problem });
    return waitFor(() => this.client.status(key), { limitMs, until: isIt, describe, everyMs: 100 });
  }

  async record(key: string): Promise<VaultRecord> {
    const vault = await this.connections.vault('local', environmentOf(key));
    return (await readRecord(vault, key)).record;
  }

  /** Which generation each sink shows; null: not a value that the vault holds. */
  async generationsInSinks(key: string): Promise<Record<string, number | null>> {
    const { generations } = await this.record(key);
    const of = (value: string | undefined): number | null =>
      generations.find((held) => held.value === value)?.generation ?? null;
    const file = await readFile(join(this.folder, 'run', key), 'utf8').catch(() => undefined);
    const env = await readFile(join(this.folder, 'run', 'ci.env'), 'utf8').catch(() => '');
    return { files: of(file), env: of(parse(env)[variableOf(key)]) };
  }

  /** Replaces the first grant by a new one, as a person would who went through the browser again. */
  async writeNewGrant(): Promise<void> {
    const grant = await this.provider.control.mintGrant({ resource: 'https://crm.test' });
    this.scan.addSecret('a later first grant', grant);
    await writeFile(join(this.folder, 'secrets/grant'), grant, { mode: 0o600 });
  }

  /** A token's current value in the vault. */
  async currentValue(key: string): Promise<string> {
    const current = currentOf(await this.record(key));
    if (current === null) throw new Error(`${key} has no current value`);
    return current.value;
  }

  /** Searches for every secret in everything written or printed. Call it while a worker still runs. */
  async scanAll(): Promise<{ looked: Looked; findings: ReturnType<SecretScan['find']> }> {
    const looked = await lookAtWorkflows(this.scan, this.options.temporal.client, this.prefix, this.specs.length);
    for (const [index, { output, commandLine }] of this.#processes.entries()) {
      this.scan.addText(`arguments of process ${index + 1}`, commandLine);
      for (const line of output.split('\n')) this.scan.addText(`output of process ${index + 1}`, line);
    }
    this.scan.addText('log of Temporal', await readFile(inject('temporal').logFile, 'utf8'));
    await this.#addSecrets();
    return { looked, findings: this.scan.find() };
  }

  async #addSecrets(): Promise<void> {
    for (const name of [
      'secrets/client',
      'secrets/hook',
      'secrets/grant',
      'secrets/first-grant',
      '.tokenkeeper/vault.key',
    ]) {
      this.scan.addSecret(name, (await readFile(join(this.folder, name), 'utf8')).trim());
    }
    const issued = await readFile(join(this.folder, 'issued'), 'utf8').catch(() => '');
    // An unfinished last line is just being written.
    for (const line of issued.split('\n').slice(0, -1)) {
      const answer = JSON.parse(line) as Record<string, unknown>;
      for (const name of ['access_token', 'refresh_token']) {
        const value = answer[name];
        if (typeof value === 'string') this.scan.addSecret(`an issued ${name}`, value);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.end('SIGKILL')));
    for (const { key } of this.specs) {
      await this.client
        .handle(key)
        .terminate('the test is over')
        .catch(() => undefined);
    }
    await this.connections.close();
    await this.provider.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function writeSecrets(folder: string, clientSecret: string, grant: string): Promise<void> {
  await mkdir(join(folder, 'secrets'));
  await mkdir(join(folder, '.tokenkeeper'), { mode: 0o700 });
  const hook = `whsec_${randomBytes(32).toString('base64')}`;
  const files = { client: clientSecret, grant, 'first-grant': grant, hook };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, 'secrets', name), text, { mode: 0o600 });
  }
}

/** JSON is valid YAML. */
function configFor(url: string, { tokens, notify, defaults, issuer }: WorldOptions): object {
  return {
    version: 1,
    defaults: { owner: 'e2e', vault: 'local', grace: '2s', attemptTimeout: '15s', ...defaults },
    ...(notify === undefined ? {} : { notify }),
    vaults: { local: { driver: 'embedded' } },
    issuers: {
      idp: {
        driver: 'oauth2',
        url,
        clientId: 'tokenkeeper',
        clientSecret: '${file:secrets/client}',
        grants: { first: '${file:secrets/grant}' },
        ...issuer,
      },
    },
    sinks: { files: { driver: 'file', root: 'run', mode: '0600' }, env: { driver: 'dotenv', path: 'run/ci.env' } },
    tokens,
  };
}
