/** `1 token`, `2 tokens`. */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** A fingerprint as people compare it. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.length > 8 ? `${fingerprint.slice(0, 4)}…${fingerprint.slice(-2)}` : fingerprint;
}
