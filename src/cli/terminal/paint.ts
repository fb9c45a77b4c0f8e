import pc from 'picocolors';
import type { Io, Output } from '../io.js';

/** Colors, for terminals; elsewhere where they are wanted (https://force-color.org); switched off: none at all (https://no-color.org). */
export type Paint = ReturnType<typeof pc.createColors>;

/** Colors as the output and the environment want them. */
export function paintFor(output: Output, env: Io['env']): Paint {
  const { NO_COLOR: off, FORCE_COLOR: force } = env;
  // In Node's own reading 0 switches them off.
  const isWanted = force ? force !== '0' : isScreen(output, env);
  return pc.createColors(isWanted && !off);
}

/** Whether it is a terminal that knows control codes; `TERM=dumb` shows them as text. */
export function isScreen(output: Pick<Output, 'isTTY'>, env: Io['env']): boolean {
  return output.isTTY === true && env['TERM'] !== 'dumb';
}
