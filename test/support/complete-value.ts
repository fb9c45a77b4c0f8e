/** A value that shows whether it is complete: several pages long, its number at both ends. */
export function completeValue(generation: number): string {
  return `g${generation}.${String(generation % 10).repeat(9_000)}.g${generation}`;
}
