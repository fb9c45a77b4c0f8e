/**
 * A read whose answer is reused for `everyMs`, and which is made once for all who ask meanwhile.
 * @param now - Unix ms
 */
export function reused<T>(read: () => Promise<T>, everyMs: number, now: () => number): () => Promise<T> {
  let last: { readonly answer: T; readonly at: number } | null = null;
  let running: Promise<T> | null = null;

  async function readNow(): Promise<T> {
    const answer = await read();
    last = { answer, at: now() };
    return answer;
  }

  return async () => {
    const ageMs = last === null ? Infinity : now() - last.at;
    // A clock that was set back must not extend the reuse.
    if (last !== null && ageMs >= 0 && ageMs < everyMs) return last.answer;
    return (running ??= readNow().finally(() => (running = null)));
  };
}
