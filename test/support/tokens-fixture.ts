import { afterEach, beforeEach, vi } from 'vitest';
import type { UpdateAnswer } from '../../src/client/requests.js';
import { emptyRecord, type Generation } from '../../src/core/record/record.js';
import { silentLog } from '../../src/drivers.js';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { Tokens, type TokensOptions } from '../../src/runtime.js';
import { vaultDrivers } from '../../src/vaults/registry.js';
import type { Vault } from '../../src/vaults/vault.js';

export const key = 'test/token';
export const start = Date.UTC(2026, 0, 1);
export const hour = 3_600_000;

/** A provider's answer to a dead token, as an HTTP client's error. */
export const refused = (status = 401): Error => Object.assign(new Error(`HTTP ${status}`), { status });

/** A real memory vault that counts its reads, and a client whose answers a test decides. */
export class TokensFixture {
  reads = 0;
  /** Generations that were reported. */
  readonly reports: number[] = [];
  /** What came with each report. */
  readonly asked: Parameters<TokensOptions['client']['reportFailure']>[2][] = [];
  answer: () => Promise<Partial<UpdateAnswer>> = () => Promise.resolve({ status: 'rotated' });

  /** Runs between a read and its answer. */
  afterRead: () => Promise<void> = () => Promise.resolve();

  private constructor(readonly vault: Vault) {}

  static async make(): Promise<TokensFixture> {
    const deps = { fetch, now: Date.now, baseDir: '/', env: {}, log: silentLog };
    const vault = await vaultDrivers['memory']!.open({ name: `runtime-${Math.random()}` }, deps);
    return new TokensFixture(vault);
  }

  tokens(options: Partial<TokensOptions> = {}): Tokens {
    const read: Vault['read'] = async (...args) => {
      this.reads++;
      const document = await this.vault.read(...args);
      await this.afterRead();
      return document;
    };
    return new Tokens({
      vault: async () => ({ ...this.#boundVault(), read }),
      client: {
        reportFailure: async (_key, generation, options) => {
          this.asked.push(options);
          this.reports.push(generation);
          return { generation: 0, code: null, message: null, sinks: '', status: 'pending', ...(await this.answer()) };
        },
      },
      issuers: { oauth2 },
      ...options,
    });
  }

  /** Makes a generation the current one. */
  async hold(
    generation: number,
    expiresAt: number | null = Date.now() + hour,
    vaultId: string = this.vault.id,
  ): Promise<void> {
    const held: Generation = {
      generation,
      state: 'current',
      value: `value-${generation}`,
      fingerprint: `fp-${generation}`,
      handle: null,
      issuedAt: Date.now(),
      expiresAt,
      scopes: null,
      verifiedAt: null,
      verifiedBy: null,
    };
    const issuer = { connection: 'idp', driver: 'oauth2' };
    const record = { ...emptyRecord(vaultId, key), counter: generation, issuer, generations: [held] };
    const before = await this.vault.read(key);
    await this.vault.compareAndSet(key, before?.revision ?? 0, JSON.stringify(record));
  }

  #boundVault(): Vault {
    const { vault } = this;
    return {
      id: vault.id,
      fingerprint: (value) => vault.fingerprint(value),
      read: (...args) => vault.read(...args),
      compareAndSet: (...args) => vault.compareAndSet(...args),
      list: (...args) => vault.list(...args),
      remove: (...args) => vault.remove(...args),
      close: () => vault.close(),
    };
  }
}

/** Gives each test of a file its own fixture, with the clock stopped at {@link start}. */
export function withTokensFixture(take: (fixture: TokensFixture) => void): void {
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: start });
    take(await TokensFixture.make());
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}
