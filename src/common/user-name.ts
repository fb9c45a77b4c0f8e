import { userInfo } from 'node:os';

/** The user of this process, for people to read. A container may run as a user id without a name. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
