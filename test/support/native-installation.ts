import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProvider, type TestProvider } from './provider.js';
import type { SecretScan } from './secret-scan.js';
import { waitFor } from './wait-for.js';

const program = fileURLToPath(new URL('cli-noting-issued.ts', import.meta.url));
const tsx = fileURLToPath(import.meta.resolve('tsx'));

/** Long enough for a rotation, a restart of a server and a busy machine; short enough that renewals happen within a test. */
const tokenLifeS = 60;

/** A started `tokenkeeper …`. */
export interface Running {
  readonly child: ChildProcess;
  /** Exit code, or signal. */
  readonly ended: Promise<string>;
  /** Both streams so far. */
  output(): string;
}

/**
 * What somebody has after following docs/production.md: a folder with tokens.yaml, an embedded vault and its key, secrets in files, and
 * the program, which finds its cluster by TEMPORAL_ADDRESS. The provider is a real one.
 */
export class NativeInstallation {
  readonly #started: { readonly argv: readonly string[]; readonly running: Running }[] = [];

  private constructor(
    readonly folder: string,
    readonly address: string,
    readonly provider: TestProvider,
  ) {}

  static async make(address: string): Promise<NativeInstallation> {
    const folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-native-'));
    const clientSecret = `client-secret-${randomBytes(12).toString('hex')}`;
    const provider = await startProvider({ clientSecret, accessTokenTtlS: tokenLifeS });
    await mkdir(join(folder, 'secrets'));
    await writeFile(join(folder, 'secrets/client'), clientSecret, { mode: 0o600 });
    await writeFile(join(folder, 'tokens.yaml'), JSON.stringify(configFor(provider.issuer)));
    return new NativeInstallation(folder, address, provider);
  }

  /** Starts the program as a shell does. */
  start(...argv: readonly string[]): Running {
    const env = {
      PATH: process.env['PATH'],
      HOME: this.folder,
      NO_COLOR: '1',
      TEMPORAL_ADDRESS: this.address,
      TEST_ISSUED_FILE: join(this.folder, 'issued'),
    };
    const args = ['--import', tsx, program, ...argv];
    const child = spawn(process.execPath, args, { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise<string>((resolve) =>
      child.once('close', (code, signal) => resolve(String(signal ?? code))),
    );
    const running = { child, ended, output: () => output };
    this.#started.push({ argv, running });
    return running;
  }

  /** Runs a command to its end: all its output, then `=> code`. */
  async outcome(...argv: readonly string[]): Promise<string> {
    const running = this.start(...argv);
    const how = await running.ended;
    return `${running.output()}=> ${how}`;
  }

  /** Starts `tokenkeeper worker`, and returns when it logs that it has started. */
  async startWorker(): Promise<Running> {
    const worker = this.start('worker');
    const started = waitFor(() => worker.output().includes('"worker started"'), { limitMs: 120_000 });
    if ((await Promise.race([started, worker.ended])) !== true)
      throw new Error(`no worker: ${worker.output().slice(-1_000)}`);
    return worker;
  }

  /** The content of a token's file. */
  async delivered(key: string): Promise<string> {
    return (await readFile(join(this.folder, 'run', key), 'utf8')).trim();
  }

  /** Adds every secret that was used or issued, and all input and output of its processes. @returns how many were issued */
  async addTo(scan: SecretScan): Promise<number> {
    for (const name of ['secrets/client', '.tokenkeeper/vault.key']) {
      scan.addSecret(name, (await readFile(join(this.folder, name), 'utf8')).trim());
    }
    // The provider's metadata also contains these words.
    const answers = (await readFile(join(this.folder, 'issued'), 'utf8')).trim().split('\n').map(tokenIn);
    const issued = answers.filter((token) => token !== undefined);
    for (const token of issued) scan.addSecret('an issued access_token', token);
    for (const { argv, running } of this.#started) {
      scan.addText(`arguments of ${argv[0]}`, argv.join(' '));
      scan.addText(`output of ${argv[0]}`, running.output());
    }
    return issued.length;
  }

  async close(): Promise<void> {
    for (const { running } of this.#started) {
      const { child } = running;
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await running.ended;
    }
    await this.provider.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function tokenIn(answer: string): string | undefined {
  const { access_token } = JSON.parse(answer) as { readonly access_token?: string };
  return access_token;
}

/** JSON is valid YAML. */
function configFor(url: string): object {
  return {
    version: 1,
    defaults: { owner: 'platform', vault: 'local', grace: '5s', attemptTimeout: '10s' },
    vaults: { local: { driver: 'embedded' } },
    issuers: {
      idp: { driver: 'oauth2', url, clientId: 'tokenkeeper', clientSecret: '${file:secrets/client}' },
    },
    sinks: { files: { driver: 'file', root: 'run', mode: '0600' }, env: { driver: 'dotenv', path: 'run/ci.env' } },
    tokens: {
      'staging/billing-api': {
        issuer: 'idp',
        grant: 'client_credentials',
        scopes: ['invoices:read'],
        sinks: ['files', 'env'],
      },
      'production/npm-publish': { issuer: 'manual', owner: 'web', sinks: ['files'] },
    },
  };
}
