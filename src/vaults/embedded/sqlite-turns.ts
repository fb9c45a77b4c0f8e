/** The last writer in turn of each file. Waiting inside SQLite would block the thread that the holder of the lock needs. */
const turns = new Map<string, Promise<void>>();

/** Runs `work` when all that were asked for before on this file are done. */
export async function inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = turns.get(path);
  const result = (async () => {
    await before;
    return await work();
  })();
  const over = result.then(
    () => undefined,
    () => undefined,
  );
  turns.set(path, over);
  try {
    return await result;
  } finally {
    if (turns.get(path) === over) turns.delete(path);
  }
}

/** What the last one in turn on this file waits for; undefined where nobody is. */
export function turnOf(path: string): Promise<void> | undefined {
  return turns.get(path);
}
