import { readFile } from 'node:fs/promises';

/** Whether a process runs. Not a zombie: who is orphaned may have nobody who reaps it. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat !== null && !/\) Z /.test(stat);
}
