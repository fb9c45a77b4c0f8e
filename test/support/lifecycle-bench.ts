import type { Connections, Notification, OpenSink } from '../../src/activities/connections.js';
import { readRecord } from '../../src/activities/store.js';
import { amended, TokenError, type ErrorCode } from '../../src/core/errors.js';
import type { VaultRecord } from '../../src/core/record/record.js';
import type { Secret } from '../../src/core/secret.js';
import type { TokenSpec } from '../../src/core/spec.js';
import { importValue } from '../../src/core/record/import-value.js';
import { silentLog } from '../../src/drivers.js';
import { exampleProvider } from '../../src/issuers/example-provider.js';
import type { Issuer } from '../../src/issuers/issuer.js';
import { issuerDrivers } from '../../src/issuers/registry.js';
import type { Sink } from '../../src/sinks/sink.js';
import { vaultDrivers } from '../../src/vaults/registry.js';
import type { Vault } from '../../src/vaults/vault.js';
import { uniqueName } from './temporal.js';

/** The content of a sink of {@link Bench}. */
interface Delivered {
  readonly key: string;
  readonly generation: number;
  readonly fingerprint: string;
}

/** A sink under a test's control: it fails with `down`, remembers every write, and has a place for each token. */
export class TestSink implements Sink {
  down: ErrorCode | null = null;
  readable = true;
  /** It holds a value that we did not write. */
  foreign = false;
  readonly writes: { readonly generation: number; readonly at: number }[] = [];
  /** Unix ms of every answered read. */
  readonly reads: number[] = [];
  isRemoving = false;
  #removable: Promise<void> | null = null;
  readonly #places = new Map<string, Delivered>();

  constructor(
    readonly id: string,
    readonly now: () => number | Promise<number>,
  ) {}

  /** What was written last; null: nothing. */
  get held(): Delivered | null {
    return [...this.#places.values()].at(-1) ?? null;
  }

  /** From now on a removal takes effect only when the returned function is called, even if the call was abandoned by then. */
  holdRemove(): () => void {
    let open = () => {};
    this.#removable = new Promise((resolve) => (open = resolve));
    return open;
  }

  /** Loses everything. */
  empty(): void {
    this.#places.clear();
  }

  async check(): Promise<void> {
    this.#fail();
  }

  async write(delivery: Parameters<Sink['write']>[0]): Promise<void> {
    this.#fail();
    if (this.foreign && !delivery.takeOver) throw new TokenError('SinkNotOurs', `${this.id} holds what is not ours`);
    const { key, generation, value } = delivery;
    this.writes.push({ generation, at: await this.now() });
    this.#places.delete(key); // moves it to the end
    this.#places.set(key, { key, generation, fingerprint: delivery.fingerprint(value.reveal()) });
  }

  async read(request: Parameters<Sink['read']>[0]): ReturnType<Sink['read']> {
    this.#fail();
    this.reads.push(await this.now());
    if (!this.readable) return { found: 'unreadable' };
    if (this.foreign) return { found: 'value', ours: false, generation: null, fingerprint: 'feedfeedfeedfeed' };
    const held = this.#places.get(request.key);
    return held === undefined ? { found: 'nothing' } : { found: 'value', ours: true, ...held };
  }

  async remove(request: Parameters<Sink['remove']>[0]): Promise<void> {
    this.#fail();
    this.isRemoving = true;
    await this.#removable;
    this.#places.delete(request.key);
    this.isRemoving = false;
  }

  #fail(): void {
    if (this.down !== null) throw new TokenError(this.down, `${this.id} was told to fail`);
  }
}

/** A request that may mint, and its outcome. Instants in Unix ms. */
export interface IssueCall {
  readonly key: string;
  readonly generation: number;
  readonly at: number;
  /** Of the value; null: the request failed. */
  readonly fingerprint: string | null;
}

/** A worker's connections in memory: vault, issuer and sinks under a test's control. */
export class Bench implements Connections {
  readonly provider;
  readonly sinks = new Map<string, TestSink>();
  readonly notifications: Notification[] = [];
  /** Every request to the provider that may mint, including failed ones. */
  readonly issues: IssueCall[] = [];
  /** Every revocation that reached the provider: whose value, when. */
  readonly revocations: { readonly key: string; readonly fingerprint: string; readonly at: number }[] = [];
  /** Unix ms of every revocation that failed with `revokeError`. */
  readonly failedRevocations: number[] = [];
  revokeError: ErrorCode | null = null;
  notifyError: ErrorCode | null = null;
  /** The Retry-After of a failing provider. */
  retryAfterMs: number | null = null;
  holdsForMs = 0;
  revokeIsolated = false;
  issuerDriver = 'example';
  issuerError: ErrorCode | null = null;
  vaultError: ErrorCode | null = null;
  /** The first grant of the issuer's connection. */
  firstGrant: Secret | null = null;
  /** The vault of this worker: another name is another vault. */
  vaultName = 'vault';
  readonly #name = uniqueName('bench');
  readonly #vaults = new Map<string, Promise<Vault>>();

  constructor(readonly now: () => number | Promise<number> = Date.now) {
    this.provider = exampleProvider(this.#name);
  }

  async vault(): Promise<Vault> {
    if (this.vaultError !== null) throw new TokenError(this.vaultError, 'the vault was told to fail');
    const name = `${this.#name}-${this.vaultName}`;
    const vault = this.#vaults.get(name) ?? vaultDrivers['memory']!.open({ name }, this.#deps);
    this.#vaults.set(name, vault);
    return vault;
  }

  /** What the vault holds of a token; null: nothing. */
  async record(key: string): Promise<VaultRecord | null> {
    const document = await (await this.vault()).read(key);
    return document === null ? null : (JSON.parse(document.text) as VaultRecord);
  }

  /** Puts an older record back, as restoring a backup does. */
  async restore(key: string, record: VaultRecord): Promise<void> {
    const vault = await this.vault();
    const { revision } = await readRecord(vault, key);
    await vault.compareAndSet(key, revision, JSON.stringify(record));
  }

  async issuer(_name: string, _key: string, raw: TokenSpec['parameters']): ReturnType<Connections['issuer']> {
    if (this.issuerError !== null) throw new TokenError(this.issuerError, 'the issuer was told to fail');
    const driver = issuerDrivers[this.issuerDriver]!;
    const connection = driver.connection.parse(this.issuerDriver === 'example' ? { provider: this.#name } : {});
    const issuer = this.#recorded(await driver.open(connection, this.#deps));
    const parameters = driver.parameters.parse(raw);
    return {
      driver: driver.name,
      issuer,
      parameters,
      firstGrant: this.firstGrant,
      revokeIsolated: this.revokeIsolated,
    };
  }

  async sink(name: string): Promise<OpenSink> {
    return { sink: this.sinkNamed(name), target: {}, place: name, holdsForMs: this.holdsForMs };
  }

  sinkNamed(name: string): TestSink {
    const known = this.sinks.get(name) ?? new TestSink(name, this.now);
    this.sinks.set(name, known);
    return known;
  }

  /** The same issuer, with its calls recorded. */
  #recorded(issuer: Issuer): Issuer {
    return {
      capabilities: (parameters) => issuer.capabilities(parameters),
      verify: (request) => issuer.verify(request),
      probe: (request) => issuer.probe(request),
      issue: async (request) => {
        const { key, generation } = request;
        const at = await this.now();
        const call = { key, generation, at, fingerprint: null };
        const index = this.issues.push(call) - 1;
        const issued = await issuer.issue(request).catch((error: unknown) => {
          throw this.#withRetryAfter(error);
        });
        const fingerprint = (await this.vault()).fingerprint(issued.value.reveal());
        this.issues[index] = { ...call, at: issued.requestedAt, fingerprint };
        return issued;
      },
      revoke: async (request) => {
        if (this.revokeError !== null) {
          this.failedRevocations.push(await this.now());
          throw new TokenError(this.revokeError, 'the provider was told to revoke nothing');
        }
        const fingerprint = (await this.vault()).fingerprint(request.value.reveal());
        await issuer.revoke(request);
        this.revocations.push({ key: request.key, fingerprint, at: await this.now() });
      },
    };
  }

  #withRetryAfter(error: unknown): unknown {
    if (this.retryAfterMs === null || !(error instanceof TokenError)) return error;
    return amended(error, { retryAfterMs: this.retryAfterMs });
  }

  async notify(notification: Notification): Promise<void> {
    if (this.notifyError !== null) throw new TokenError(this.notifyError, 'the notifier was told to fail');
    this.notifications.push(notification);
  }

  async close(): Promise<void> {}

  get #deps() {
    return { fetch, now: this.now, baseDir: process.cwd(), env: {}, log: silentLog };
  }
}

/** Puts a value that a person brought into the vault, as `tokenkeeper import` does. */
export async function importInto(
  bench: Bench,
  key: string,
  { value = `imported-${uniqueName('value')}`, expiresAt = null }: { value?: string; expiresAt?: number | null } = {},
): Promise<void> {
  const vault = await bench.vault();
  const { revision, record } = await readRecord(vault, key);
  const now = await bench.now();
  const fingerprint = vault.fingerprint(value);
  const next = importValue(record, { value: { value, fingerprint, issuedAt: now, expiresAt }, now, actor: 'ana' });
  await vault.compareAndSet(key, revision, JSON.stringify(next));
}
