/** Lets go of an answer that nobody will read: an unread body of `fetch` keeps its connection until the garbage collector comes by. */
export function discardAnswer(answer: unknown): void {
  try {
    const { body } = answer as { readonly body?: { cancel?: () => unknown } | null };
    if (typeof body?.cancel === 'function') Promise.resolve(body.cancel()).catch(() => {});
  } catch {
    // Not an answer, or read already.
  }
}
