import type { ChangeOptions } from '../../client.js';
import type { Session } from '../session.js';

/** The client's options for a command that changes something. */
export function changeOf(session: Session, options: { readonly reason?: string }): ChangeOptions {
  return { signal: session.io.stop, reason: options.reason };
}
