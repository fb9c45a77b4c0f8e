import { createHash, randomUUID } from 'node:crypto';
import type { Vault, VaultDocument } from '../../src/vaults/vault.js';

type Documents = ReadonlyMap<string, VaultDocument>;

/** A vault in memory that can be backed up, and restored under the feet of whoever has it open. */
export class SimulatedVault implements Vault {
  readonly id = randomUUID();
  #documents = new Map<string, VaultDocument>();

  backup(): Documents {
    return new Map(this.#documents);
  }

  restore(backup: Documents): void {
    this.#documents = new Map(backup);
  }

  async read(key: string): Promise<VaultDocument | null> {
    return this.#documents.get(key) ?? null;
  }

  async compareAndSet(key: string, expectedRevision: number, text: string): Promise<number | null> {
    if ((this.#documents.get(key)?.revision ?? 0) !== expectedRevision) return null;
    const revision = expectedRevision + 1;
    this.#documents.set(key, { revision, text });
    return revision;
  }

  async list(prefix: string): Promise<string[]> {
    return [...this.#documents.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  async remove(key: string, expectedRevision: number): Promise<boolean> {
    return this.#documents.get(key)?.revision === expectedRevision && this.#documents.delete(key);
  }

  fingerprint(secret: string): string {
    return createHash('sha256').update(secret).digest('hex').slice(0, 16);
  }

  async close(): Promise<void> {}
}
