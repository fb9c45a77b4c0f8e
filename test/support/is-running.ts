import { readFile } from 'node:fs/promises';

/** Whether a process runs. A zombie does not: nobody may reap an orphan. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat !== null && !/\) Z /.test(stat);
}
