/** Waits until a state is reached. @throws Error that tells what was seen last. */
export async function until(
  state: string,
  isReached: () => boolean,
  seen: () => unknown,
  limitMs = 5_000,
): Promise<void> {
  const endsAt = performance.now() + limitMs;
  while (!isReached()) {
    if (performance.now() > endsAt)
      throw new Error(`not within ${limitMs} ms: ${state}; seen: ${JSON.stringify(seen())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
