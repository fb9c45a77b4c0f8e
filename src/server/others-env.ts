/** The environment for a program that is not ours: TEMPORAL_* is about somebody's cluster, and TOKENKEEPER_* may hold a vault key. */
export function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(TEMPORAL|TOKENKEEPER)_/.test(name)));
}
