import type { Status } from '../../core/lifecycle/status.js';
import type { Trouble } from '../../core/remedies.js';
import { spanWords } from '../terminal/time-words.js';

/**
 * What a token shows of a wrong clock of the worker that issued its value; null: nothing. Without this word a value that a clock behind
 * Temporal's makes look dead is only `expired`, with no error and nothing to do.
 */
export function clockTroubleOf(status: Status): Trouble | null {
  const message = messageOf(status);
  return message === null ? null : { message, do: 'set the clocks of the workers’ hosts (NTP)' };
}

function messageOf(status: Status): string | null {
  const { current, pause, closing } = status;
  if (current?.aheadMs !== undefined)
    return `the clock of the worker that issued generation ${current.generation} is ${spanWords(current.aheadMs)} ahead of Temporal’s: it expires that much sooner`;
  // Nothing failed and nothing is under way: an attempt that has just ended brought a dead value.
  const cameDead =
    status.state === 'expired' &&
    status.mintable === true &&
    status.phase === 'idle' &&
    status.problem === null &&
    status.failures === 0 &&
    pause === null &&
    closing === null;
  if (!cameDead || current === null) return null;
  return `generation ${current.generation} seems to have been dead as it came: as where the clock of the worker that issued it is behind Temporal’s by more than a value lives`;
}
