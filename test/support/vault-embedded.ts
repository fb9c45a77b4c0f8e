import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, type DriverDeps } from '../../src/drivers.js';
import { embeddedSettings, type EmbeddedSettings } from '../../src/vaults/embedded/settings.js';
import { openEmbeddedVault } from '../../src/vaults/embedded/vault.js';
import { initEmbeddedVault } from '../../src/vaults/embedded.js';
import type { Vault } from '../../src/vaults/vault.js';

/** What a driver gets in a test that needs no network. */
export function vaultDeps(baseDir: string, env: Record<string, string> = {}): DriverDeps {
  return { baseDir, env, log: silentLog, now: Date.now, fetch };
}

/** A temporary folder with an embedded vault in it; vaults that it opened are closed with it. */
export class EmbeddedFixture {
  readonly #opened: Vault[] = [];

  private constructor(
    readonly folder: string,
    readonly settings: EmbeddedSettings,
    readonly deps: DriverDeps,
  ) {}

  /** An empty folder: no vault, no key. */
  static async bare(settings: object = {}, env: Record<string, string> = {}): Promise<EmbeddedFixture> {
    const folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-vault-'));
    return new EmbeddedFixture(folder, embeddedSettings.parse(settings), vaultDeps(folder, env));
  }

  /** A folder with a vault. */
  static async make(settings: object = {}, env: Record<string, string> = {}): Promise<EmbeddedFixture> {
    const fixture = await EmbeddedFixture.bare(settings, env);
    await initEmbeddedVault(fixture.settings, fixture.deps);
    return fixture;
  }

  /** The same folder under other settings. */
  with(settings: object = {}, env: Record<string, string> = {}): EmbeddedFixture {
    return new EmbeddedFixture(this.folder, embeddedSettings.parse(settings), vaultDeps(this.folder, env));
  }

  get database(): string {
    return join(this.folder, this.settings.path);
  }

  get keyFile(): string {
    return this.database.replace(/\.db$/, '.key');
  }

  async open(): Promise<Vault> {
    const vault = await openEmbeddedVault(this.settings, this.deps);
    this.#opened.push(vault);
    return vault;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const vault of this.#opened) await vault.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
