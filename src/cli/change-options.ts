import type { ChangeOptions } from '../client.js';
import type { Session } from './session.js';

/** What the options of a changing command become. */
export function changeOf(session: Session, options: { readonly reason?: string }): ChangeOptions {
  const { reason } = options;
  return { signal: session.io.stop, ...(reason === undefined ? {} : { reason }) };
}
