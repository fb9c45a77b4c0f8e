/** Runs `use` without root's power over permissions, where the tests run as root. */
export async function asNobody(use: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return await use();
  process.seteuid?.(65_534);
  try {
    await use();
  } finally {
    process.seteuid?.(0);
  }
}
