/** An instant (Unix ms) for people, in whole seconds; null: it never comes. */
export function isoOf(at: number | null): string {
  return at === null ? 'never' : `${new Date(at).toISOString().slice(0, 19)}Z`;
}
