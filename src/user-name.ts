import { userInfo } from 'node:os';

/** Who runs this process, for people to read. A container may run as a user id that no name belongs to. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
