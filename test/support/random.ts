/** The same in each run, so that a suite that fails tells of a change. SEED takes another: that is for looking for faults. */
export const seed = Number(process.env['SEED'] ?? 1);

/** A random source that a seed repeats (mulberry32), each number in [0, 1). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
