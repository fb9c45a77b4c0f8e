import { TokenError } from '../../src/core/errors.js';
import type { Sink } from '../../src/sinks/sink.js';
import type { Gates } from './gates.js';

/** A consumer. */
export class SimulatedSink {
  content: { readonly generation: number; readonly value: string } | null = null;
  isDown = false;
  /** What it got first. */
  first: SimulatedSink['content'] = null;
}

/** How an attempt reaches a consumer. */
export function sinkOf(
  { gates, leave }: { readonly gates: Gates; readonly leave: (write: () => unknown) => void },
  sink: SimulatedSink,
  name: string,
  attempt: number,
): Sink {
  /** One call, which is cut off before or after it takes effect; a write may take effect later than its caller waits. */
  const call = async <T>(what: string, signal: AbortSignal, effect: () => T): Promise<T> => {
    const isWrite = what === 'fills' || what === 'empties';
    await gates.turn(attempt, `${what} ${name}`, signal, () => isWrite && leave(effect));
    if (sink.isDown) throw new TokenError('SinkUnavailable', `${name} is down`);
    const answer = effect();
    await gates.turn(attempt, `${what} ${name}: done`, signal);
    return answer;
  };
  return {
    check: ({ signal }) => call('checks', signal, () => {}),
    write: ({ generation, value, signal }) =>
      call('fills', signal, () => {
        sink.content = { generation, value: value.reveal() };
        sink.first ??= sink.content;
      }),
    read: ({ signal, fingerprint }) =>
      call('reads', signal, () => {
        const { content } = sink;
        if (content === null) return { found: 'nothing' } as const;
        const { generation, value } = content;
        return { found: 'value', ours: true, generation, fingerprint: fingerprint(value) } as const;
      }),
    remove: ({ signal }) => call('empties', signal, () => void (sink.content = null)),
  };
}
