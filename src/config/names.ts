const segment = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Whether a text may name a connection, a set or an environment. */
export function isName(text: string): boolean {
  return segment.test(text);
}

/** Whether a connection serves an environment; one without bounds serves all. */
export function serves(environments: readonly string[] | null, environment: string): boolean {
  return environments === null || environments.includes(environment);
}
