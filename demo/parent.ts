const lookEveryMs = 1_000;

/**
 * Calls `onGone` once the process that started this one has ended. npm passes on Ctrl-C and SIGTERM alone: after a SIGHUP or kill -9 of
 * npm the demo would go on, and nobody would know of it.
 * @returns ends the watch
 */
export function watchParent(onGone: () => void, parentOf = (): number => process.ppid): () => void {
  const parent = parentOf();
  const timer = setInterval(() => {
    if (parentOf() === parent) return;
    clearInterval(timer);
    onGone();
  }, lookEveryMs).unref();
  return () => clearInterval(timer);
}
