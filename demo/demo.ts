import type { TokenRow } from '../src/client/list.js';
import { plural } from '../src/cli/terminal/words.js';
import { describeChanges } from './changes.js';
import { KeptJob, PastedJob, type Healed } from './job.js';
import type { Stack } from './stack.js';

/** The token that both jobs use. */
const jobKey = 'staging/billing-api';
const extraCallers = 10;
const linesKept = 200;

/** What happens in the demo: two jobs, the table, the keys. Independent of how it is shown. */
export class Demo {
  readonly kept: KeptJob;
  readonly pasted: PastedJob;
  rows: readonly TokenRow[] = [];
  readonly lines: string[] = [];
  readonly #stack: Stack;
  readonly #say: (line: string) => void;
  readonly #timers: NodeJS.Timeout[] = [];
  #healed: Healed[] = [];
  #looking = false;
  #revokesWanted = 0;
  /** How often the kept job had succeeded when the worker was killed. */
  #okAtKill = -1;
  readonly #revoked = new Set<number>();

  private constructor(stack: Stack, kept: KeptJob, pasted: PastedJob, say: (line: string) => void) {
    this.#stack = stack;
    this.kept = kept;
    this.pasted = pasted;
    this.#say = say;
  }

  /** Starts the jobs. @param say - gets each new line */
  static async start(stack: Stack, say: (line: string) => void): Promise<Demo> {
    const api = `${stack.providerUrl}/api/invoices`;
    const pasted = new PastedJob(api, await stack.tokens.withToken(jobKey, (token) => Promise.resolve(token)));
    const kept: KeptJob = new KeptJob(api, jobKey, stack.tokens, (healed) => demo.#noteHealed(healed));
    const demo: Demo = new Demo(stack, kept, pasted, say);
    demo.rows = await stack.client.list();
    demo.#every(1_000, () => void Promise.all([kept.call(), pasted.call()]));
    demo.#every(500, () => void demo.#look());
    demo.#every(200, () => void demo.#revokeIfUsed());
    return demo;
  }

  note(line: string): void {
    this.lines.push(`${new Date().toTimeString().slice(0, 8)} ${line}`);
    if (this.lines.length > linesKept) this.lines.shift();
    this.#say(this.lines.at(-1) ?? '');
  }

  async rotate(): Promise<void> {
    await this.#stack.client.rotate(jobKey, { reason: 'KeyPressed' });
    this.note('billing-api rotation asked for');
  }

  /** Requests a revocation, done once the job has used the token: that makes it "behind its back". */
  revoke(): void {
    this.#revokesWanted++;
  }

  /** Kills the worker; once only while the job waits for it: killed before it can renew, again and again, it would let the token die. */
  kill(): void {
    const { worker } = this.#stack;
    if (this.kept.ok === this.#okAtKill || !worker.kill()) {
      this.note('the worker is down already, about to be started again');
      return;
    }
    this.#okAtKill = this.kept.ok;
    this.note(`kill -9 ${worker.pid} (the worker)`);
  }

  /** Ends the jobs; whoever started the stack stops it. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.kept.stop();
  }

  /** The counts, for people without a terminal. */
  get counts(): string[] {
    const { kept, pasted } = this;
    return [
      `kept by tokenkeeper: ${kept.ok} ok, ${kept.failed} failed`,
      `pasted token: ${pasted.ok} ok, ${pasted.failed} failed`,
    ];
  }

  async #revokeIfUsed(): Promise<void> {
    // A waiting caller has one more try: the next revocation must not take it away.
    if (this.#revokesWanted === 0 || this.kept.waiting > 0) return;
    const token = await this.#stack.tokens.get(jobKey).catch(() => null);
    if (token === null || token.generation > this.kept.generation || this.#revokesWanted === 0) return;
    this.#revokesWanted--;
    try {
      if (!(await this.#stack.control.kill(token.value))) return;
    } catch {
      // The provider is restarting: try again at the next check.
      this.#revokesWanted++;
      return;
    }
    this.#revoked.add(token.generation);
    this.note(`billing-api gen ${token.generation} REVOKED AT THE PROVIDER behind our back`);
    await Promise.all(Array.from({ length: extraCallers }, () => this.kept.call()));
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const rows = await this.#stack.client.list();
      const wasRevoked = (key: string, generation: number): boolean => key === jobKey && this.#revoked.has(generation);
      for (const line of describeChanges(this.rows, rows, Date.now(), wasRevoked)) this.note(line);
      this.rows = rows;
    } catch {
      // Temporal is stopping or starting: the next reading shows it.
    } finally {
      this.#looking = false;
    }
  }

  /** Callers that were healed together are shown together. */
  #noteHealed(healed: Healed): void {
    this.#healed.push(healed);
    if (this.#healed.length > 1) return;
    setTimeout(() => {
      const all = this.#healed.splice(0);
      const first = all[0];
      if (first === undefined) return;
      const took = (Math.max(...all.map(({ ms }) => ms)) / 1000).toFixed(1);
      const callers = plural(all.length, 'caller');
      this.note(
        `kept: ${first.status} on gen ${first.from} → reported → probe: dead → gen ${first.to} in ${took} s → retried, ok; ${callers} waited, ${plural(first.to - first.from, 'rotation')}`,
      );
    }, 300);
  }

  #every(ms: number, work: () => void): void {
    this.#timers.push(setInterval(work, ms));
  }
}
