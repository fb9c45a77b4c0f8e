/** Kills a program that leads a process group, and what it started. One that has ended, or did not start, is no error. Not for Windows. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // already ended
  }
}

/** The fields of `/proc/PID/stat` behind the program's name, which may hold blanks and parentheses. proc(5) counts the first as 3. */
export const statFields = (text: string): readonly string[] => text.slice(text.lastIndexOf(')') + 2).split(' ');

/** Where in them the session stands: the pid of the process that leads it. */
export const sessionField = 3;

/** Where in them the start stands, in clock ticks since boot: proc(5) field 22. */
export const startField = 19;
