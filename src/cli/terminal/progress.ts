import type { Session } from '../session.js';

/** Check marks on one line, as steps are done; in color on a terminal. */
export class Progress {
  readonly #session: Session;
  #count = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  tick(what: string): void {
    const { lines, paint } = this.#session;
    lines.write(`${this.#count++ === 0 ? '' : '  '}${paint.green('✓')} ${what}`);
  }

  /** Ends the line, if there is one. */
  end(): void {
    if (this.#count > 0) this.#session.lines.write('\n');
    this.#count = 0;
  }
}
