import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TokenError } from '../../src/core/errors.js';
import { silentLog, type DriverDeps } from '../../src/drivers.js';
import { embeddedSettings, type EmbeddedSettings } from '../../src/vaults/embedded/settings.js';
import { openEmbeddedVault } from '../../src/vaults/embedded/vault.js';
import { initEmbeddedVault } from '../../src/vaults/embedded.js';
import type { Vault } from '../../src/vaults/vault.js';

/** What a driver gets in a test that needs no network. */
export function vaultDeps(baseDir: string, env: Record<string, string> = {}): DriverDeps {
  return { baseDir, env, log: silentLog, now: Date.now, fetch };
}

/**
 * Whether others held the lock for the whole 2 s that a call waits: several busy processes on a disk with 50 ms commits do. Nothing was
 * written, and the caller tries again.
 */
export function isLockedOut(error: unknown): boolean {
  return error instanceof TokenError && error.message.endsWith('was locked by another process for more than 2 s');
}

/** A folder with an embedded vault in it; disposing of it closes what it opened and removes the folder. */
export class EmbeddedFixture {
  readonly #opened: Vault[] = [];

  private constructor(
    readonly folder: string,
    readonly settings: EmbeddedSettings,
    readonly deps: DriverDeps,
  ) {}

  /** For an existing folder, with these settings. */
  static in(folder: string, settings: object = {}, env: Record<string, string> = {}): EmbeddedFixture {
    return new EmbeddedFixture(folder, embeddedSettings.parse(settings), vaultDeps(folder, env));
  }

  /** A temporary folder: no vault, no key. */
  static async bare(settings: object = {}, env: Record<string, string> = {}): Promise<EmbeddedFixture> {
    return EmbeddedFixture.in(await mkdtemp(join(tmpdir(), 'tokenkeeper-vault-')), settings, env);
  }

  /** A temporary folder with a vault. */
  static async make(settings: object = {}, env: Record<string, string> = {}): Promise<EmbeddedFixture> {
    const fixture = await EmbeddedFixture.bare(settings, env);
    await fixture.init();
    return fixture;
  }

  /**
   * A vault with the documents `production/a`, of several pages, and `production/b`, that this process never had open: SQLite's driver
   * releases closed files late, and one that is still held reads differently after a change from outside.
   */
  static async filled(): Promise<EmbeddedFixture> {
    const fixture = await EmbeddedFixture.bare();
    await cp(await filledTemplate(), fixture.folder, { recursive: true });
    return fixture;
  }

  async init(): Promise<void> {
    await initEmbeddedVault(this.settings, this.deps);
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

let template: Promise<string> | undefined;

/** For `afterAll` of a file that uses `EmbeddedFixture.filled`. */
export async function removeFilledTemplate(): Promise<void> {
  if (template) await rm(await template, { recursive: true, force: true });
  template = undefined;
}

function filledTemplate(): Promise<string> {
  template ??= (async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-vault-'));
    // Late: the scripts that are started import this file, and need neither vitest nor a compiler.
    const { scriptArguments } = await import('./script-arguments.js');
    await promisify(execFile)(process.execPath, await scriptArguments('vault-filler.ts', folder));
    return folder;
  })();
  return template;
}
