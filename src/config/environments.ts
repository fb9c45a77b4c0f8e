/** Whether a connection serves an environment; one without `environment` serves all. */
export function serves(environments: readonly string[] | null, environment: string): boolean {
  return environments === null || environments.includes(environment);
}

/** The vault of a token that names none: the only one that serves its environment, else the one called `local`; null: neither. */
export function vaultOfThose(serving: readonly string[]): string | null {
  const [only] = serving;
  return only !== undefined && serving.length === 1 ? only : (serving.find((name) => name === 'local') ?? null);
}
