import type { HeldToken, Tokens } from '../src/runtime.js';

/** An API refused a job's call. */
class RefusedError extends Error {
  constructor(readonly status: number) {
    super(`HTTP ${status}`);
  }
}

async function callApi(url: string, token: string): Promise<void> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  await response.body?.cancel();
  if (!response.ok) throw new RefusedError(response.status);
}

/** A call that had to be healed. */
export interface Healed {
  readonly from: number;
  /** The API's answer to the old token: an HTTP status. */
  readonly status: number;
  readonly to: number;
  readonly ms: number;
}

/** The counts that both jobs show. */
export abstract class Job {
  ok = 0;
  failed = 0;
  /** Why the last call failed; null: it succeeded. */
  lastFailure: string | null = null;

  /** Makes one call and counts its outcome. */
  async call(): Promise<void> {
    try {
      await this.work();
      this.ok++;
      this.lastFailure = null;
    } catch (error) {
      if (this.isStopping()) return;
      this.failed++;
      this.lastFailure = error instanceof RefusedError ? `${error.status} ${this.whyRefused()}` : describe(error);
    }
  }

  protected abstract work(): Promise<void>;
  protected whyRefused(): string {
    return 'refused';
  }
  protected isStopping(): boolean {
    return false;
  }
}

/** A job with a pasted token, as in many scripts. */
export class PastedJob extends Job {
  constructor(
    readonly api: string,
    readonly token: HeldToken,
  ) {
    super();
  }

  protected work(): Promise<void> {
    return callApi(this.api, this.token.value);
  }

  /** A token revoked before its expiry is refused, too. */
  protected override whyRefused(): string {
    const { expiresAt } = this.token;
    return expiresAt !== null && Date.now() >= expiresAt ? 'expired' : super.whyRefused();
  }
}

/** The same job except for one line: it asks tokenkeeper. */
export class KeptJob extends Job {
  generation = 0;
  waiting = 0;
  readonly #stop = new AbortController();

  constructor(
    readonly api: string,
    readonly key: string,
    readonly tokens: Tokens,
    readonly onHealed: (healed: Healed) => void,
  ) {
    super();
  }

  stop(): void {
    this.#stop.abort();
  }

  protected override isStopping(): boolean {
    return this.#stop.signal.aborted;
  }

  protected async work(): Promise<void> {
    const used: number[] = [];
    const start = performance.now();
    let refused = { status: 0, at: start };
    this.waiting++;
    try {
      await this.tokens.withToken(
        this.key,
        async (token) => {
          used.push(token.generation);
          try {
            await callApi(this.api, token.value);
          } catch (error) {
            refused = { status: error instanceof RefusedError ? error.status : 0, at: performance.now() };
            throw error;
          }
        },
        { signal: this.#stop.signal },
      );
    } finally {
      this.waiting--;
    }
    const [from, to] = [used[0] ?? 0, used.at(-1) ?? 0];
    this.generation = Math.max(this.generation, to);
    if (used.length > 1) this.onHealed({ from, status: refused.status, to, ms: performance.now() - refused.at });
  }
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 40);
