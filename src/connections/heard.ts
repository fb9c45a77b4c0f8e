import type { NotifyConfig } from '../config/config.js';

/** A notification that some receivers do not take for long is one of few; the oldest is forgotten beyond this. */
const keptNotifications = 1_000;

/**
 * Which receivers have heard of a notification that others did not take: a retry must not tell them again. Only this process knows; another
 * worker repeats it, under the same id.
 */
export class Heard {
  readonly #receivers = new Map<string, Set<string>>();

  has(notification: string, receiver: NotifyConfig): boolean {
    return this.#receivers.get(notification)?.has(JSON.stringify(receiver)) === true;
  }

  add(notification: string, receiver: NotifyConfig): void {
    const known = this.#receivers.get(notification) ?? new Set();
    this.#receivers.set(notification, known.add(JSON.stringify(receiver)));
    const [oldest] = this.#receivers.keys();
    if (this.#receivers.size > keptNotifications && oldest !== undefined) this.#receivers.delete(oldest);
  }

  /** All have heard of it: it does not come again. */
  forget(notification: string): void {
    this.#receivers.delete(notification);
  }
}
