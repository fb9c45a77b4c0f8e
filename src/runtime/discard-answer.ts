/** Discards an answer that nobody will read: an unread `fetch` body keeps its connection until garbage collection. */
export function discardAnswer(answer: unknown): void {
  try {
    const { body } = answer as { readonly body?: { cancel?: () => unknown } | null };
    if (typeof body?.cancel === 'function') Promise.resolve(body.cancel()).catch(() => {});
  } catch {
    // Not a response, or already read.
  }
}
