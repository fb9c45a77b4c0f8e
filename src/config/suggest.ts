/** Edit distance where swapping neighbours counts once (optimal string alignment), as in typical typos. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** What to say of an unknown word: `, did you mean NAME?` or nothing, and what to do; `otherwise` where none is near. */
export function suggestion(word: string, known: Iterable<string>, otherwise: string): { hint: string; do: string } {
  const meant = suggest(word, known);
  return meant === null ? { hint: '', do: otherwise } : { hint: `, did you mean ${meant}?`, do: `write ${meant}` };
}

/** The known word that was probably meant, or null: at most a third of the letters may differ. */
export function suggest(word: string, known: Iterable<string>): string | null {
  if (word.length > 64) return null;
  const lower = word.toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const d = distance(lower, candidate.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
  }
  return best;
}
