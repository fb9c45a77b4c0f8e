/** A place where an attempt waits for its turn. */
interface Gate {
  readonly attempt: number;
  readonly at: string;
  readonly open: () => void;
  readonly lose: () => unknown;
}

/** The places where attempts wait before and after whatever they do outside, until a test opens them, in any order. */
export class Gates {
  readonly closed: Gate[] = [];
  readonly log: string[] = [];

  note(what: string): void {
    this.log.push(`${new Date().toISOString().slice(11, 23)} ${what}`);
  }

  /**
   * @param lost - called where whoever waits is gone before it is opened
   * @returns resolves once the gate is opened; rejects with the signal's reason
   */
  turn(attempt: number, at: string, signal?: AbortSignal, lost: () => unknown = () => {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        if (!this.#remove(gate)) return;
        lost();
        reject(signal?.reason as Error);
      };
      const open = (): void => {
        if (!this.#remove(gate)) return;
        signal?.removeEventListener('abort', abort);
        this.note(`#${attempt} ${at}`);
        resolve();
      };
      const gate: Gate = { attempt, at, open, lose: lost };
      this.closed.push(gate);
      if (signal?.aborted === true) abort();
      else signal?.addEventListener('abort', abort);
    });
  }

  /** Opens one of them; nothing where there is none. */
  openOne(pick = 0): void {
    this.closed[pick % Math.max(1, this.closed.length)]?.open();
  }

  /** None of this attempt will ever be opened: its process is dead. */
  forget(attempt: number): void {
    for (const gate of this.closed.filter((one) => one.attempt === attempt)) {
      this.#remove(gate);
      gate.lose();
    }
  }

  #remove(gate: Gate): boolean {
    const index = this.closed.indexOf(gate);
    if (index !== -1) this.closed.splice(index, 1);
    return index !== -1;
  }
}
