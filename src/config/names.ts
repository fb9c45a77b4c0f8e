/** Whether a connection serves an environment; one without bounds serves all. */
export function serves(environments: readonly string[] | null, environment: string): boolean {
  return environments === null || environments.includes(environment);
}
