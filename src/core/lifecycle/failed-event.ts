import type { Step } from './decide.js';
import type { Event, StepFailure } from './events.js';

/** The event of a step that failed. */
export function failedEvent(step: Step, failure: StepFailure): Event {
  switch (step.run) {
    case 'refresh':
      return { type: 'refresh.failed', failure, revision: step.revision };
    case 'deliver':
      return { type: 'deliver.failed', sink: step.sink, failure, since: step.laggingSince };
    case 'retire':
      return { type: 'retire.failed', generation: step.generation, failure };
    case 'empty':
      return { type: 'empty.failed', left: step.left, failure };
    case 'notify':
      return { type: 'notify.failed', notice: step.notice, failure, since: step.since };
    case 'close':
      return { type: 'close.failed', kind: step.kind, failure };
    default:
      return { type: `${step.run}.failed`, failure };
  }
}
