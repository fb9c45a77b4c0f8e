import { createHmac, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { TokenError } from '../core/errors.js';
import { defineVault, throwIfCancelled, type Vault, type VaultDocument } from './vault.js';

/** The content, which outlives a closed vault: the next `open` of the same name finds it. */
interface Store {
  readonly id: string;
  readonly fingerprintKey: ReturnType<typeof createSecretKey>;
  readonly documents: Map<string, VaultDocument>;
}

const namedStores = new Map<string, Store>();

function createStore(): Store {
  return { id: randomUUID(), fingerprintKey: createSecretKey(randomBytes(32)), documents: new Map() };
}

function namedStore(name: string): Store {
  const store = namedStores.get(name) ?? createStore();
  namedStores.set(name, store);
  return store;
}

class MemoryVault implements Vault {
  readonly #store: Store;
  #closed = false;

  constructor(store: Store) {
    this.#store = store;
  }

  get id(): string {
    return this.#store.id;
  }

  async read(key: string, signal?: AbortSignal): Promise<VaultDocument | null> {
    return this.#documents(signal).get(key) ?? null;
  }

  async compareAndSet(
    key: string,
    expectedRevision: number,
    text: string,
    signal?: AbortSignal,
  ): Promise<number | null> {
    const documents = this.#documents(signal);
    if ((documents.get(key)?.revision ?? 0) !== expectedRevision) return null;
    const revision = expectedRevision + 1;
    documents.set(key, { revision, text });
    return revision;
  }

  async list(prefix: string, signal?: AbortSignal): Promise<string[]> {
    return [...this.#documents(signal).keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  async remove(key: string, expectedRevision: number, signal?: AbortSignal): Promise<boolean> {
    const documents = this.#documents(signal);
    return documents.get(key)?.revision === expectedRevision && documents.delete(key);
  }

  fingerprint(secret: string): string {
    return createHmac('sha256', this.#store.fingerprintKey).update(secret).digest('hex').slice(0, 16);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #documents(signal: AbortSignal | undefined): Map<string, VaultDocument> {
    throwIfCancelled(signal);
    if (this.#closed) throw new TokenError('VaultUnavailable', 'the memory vault is closed');
    return this.#store.documents;
  }
}

const connection = z.strictObject({
  /** Connections with the same name share one store for the life of the process; without a name each `open` starts empty. */
  name: z.string().min(1).optional(),
});

/** Keeps everything in memory, lost with the process: for tests and benchmarks. */
export const memory = defineVault({
  name: 'memory',
  connection,
  async open({ name }: z.infer<typeof connection>) {
    return new MemoryVault(name === undefined ? createStore() : namedStore(name));
  },
});
