import pc from 'picocolors';
import type { Io, Output } from '../io.js';
import { isWellState } from '../views/well.js';

/** Colors, for terminals unless switched off (https://no-color.org). */
export type Paint = ReturnType<typeof pc.createColors>;

/** Colors for a terminal that wants them, none for any other output. */
export function paintFor(output: Output, env: Io['env']): Paint {
  return pc.createColors(isScreen(output, env) && !env['NO_COLOR']);
}

/** Whether it is a terminal that knows control codes; `TERM=dumb` shows them as text. */
export function isScreen(output: Pick<Output, 'isTTY'>, env: Io['env']): boolean {
  return output.isTTY === true && env['TERM'] !== 'dumb';
}

/** A state in the color of its severity. */
export function paintState(paint: Paint, state: string): string {
  if (isWellState(state)) return paint.green(state);
  if (['acquiring', 'partial', 'degraded', 'paused'].includes(state)) return paint.yellow(state);
  return paint.red(state);
}
