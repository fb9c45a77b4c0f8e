import fc from './same-scripts.js';
import type { SimulatedLifecycle } from './simulated-lifecycle.js';
import { bring, configure, places, reauthorize, restore } from './simulated-people.js';
import { pass, stand, turns } from './simulated-time.js';

const minute = 60_000;
/** What may come between two steps of a lifecycle. */
export type Move =
  | { readonly do: 'turn' | 'turns' | (typeof troubles)[number]; readonly pick: number }
  | { readonly do: 'ask'; readonly verb: (typeof verbs)[number] }
  | { readonly do: 'wait'; readonly ms: number };

const verbs = [
  'rotate',
  'rotateNow',
  'resume',
  'deliver',
  'reportFailure',
  'pause',
  'acknowledge',
  'reauthorize',
] as const;
const troubles = [
  'lose',
  'sink',
  'configure',
  'start anew',
  'end',
  'new run',
  'slow',
  'late',
  'vault',
  'back up',
  'restore',
  'bring',
  'dies',
] as const;
const pick = fc.nat(99);
const pickFor = <Name extends string>(...moves: Name[]) => fc.record({ do: fc.constantFrom(...moves), pick });
/** Any of them. */
export const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 20, arbitrary: pickFor('turn') },
  { weight: 4, arbitrary: pickFor('turns') },
  {
    weight: 8,
    arbitrary: pickFor(...troubles),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(100, 1_000, 5_000, 11_000, 31_000, 10 * minute, 25 * minute),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      verb: fc.constantFrom(...verbs),
    }),
  },
);

/** Makes a move. */
export async function play(life: SimulatedLifecycle, one: Move): Promise<void> {
  const { outside, temporal, state } = life;
  const { isMintable } = outside;
  switch (one.do) {
    case 'turn':
      return outside.gates.openOne(one.pick);
    case 'turns':
      return turns(life, 60);
    case 'wait':
      return one.ms < minute ? stand(life, one.ms) : pass(life, one.ms);
    case 'ask':
      if (one.verb === 'reauthorize' && isMintable) return reauthorize(life);
      // A consumer's word is believed, whatever its sink shows.
      if (one.verb === 'acknowledge') outside.touchedAt = Date.now();
      return void life.ask(one.verb, { until: Date.now() + minute, ...about(one.verb, life) });
    case 'lose': {
      const attempts = [...temporal.attempts.values()];
      return attempts[one.pick % Math.max(1, attempts.length)]?.lose(one.pick < 50 ? 'killed' : 'given up');
    }
    case 'sink': {
      const sink = outside.sinks.get(places[one.pick % places.length]!)!;
      if (one.pick < 70) sink.isDown = !sink.isDown;
      else sink.content = null;
      outside.touchedAt = Date.now();
      return;
    }
    case 'configure':
      return one.pick < 50 ? configure(life, one.pick) : undefined;
    case 'start anew':
      // A workflow that knows nothing takes an older vault for the newest: that is documented.
      return one.pick < 30 && state.closing === null && !outside.isRestored ? life.startAnew() : undefined;
    case 'slow':
      outside.isSlow = one.pick < 50;
      return;
    case 'late':
      return outside.letIn(one.pick);
    case 'vault':
      outside.vaultFails = (['before', 'after', 'late'] as const)[one.pick % 10] ?? null;
      return;
    case 'back up':
      outside.backup = outside.vault.backup();
      return;
    case 'restore':
      return one.pick < 50 ? restore(life) : undefined;
    case 'bring':
      return isMintable ? undefined : bring(life);
    case 'dies':
      return one.pick < 30 ? outside.dies() : undefined;
    case 'new run':
      return one.pick < 50 ? life.suggestNewRun() : undefined;
    case 'end':
      return one.pick < 3 ? void life.ask(one.pick < 2 ? 'revoke' : 'forget') : undefined;
  }
}

/** What some requests have to say. */
function about(verb: (typeof verbs)[number], { state }: SimulatedLifecycle): object {
  const generation = state.current?.generation ?? 0;
  if (verb === 'acknowledge') return { sink: Object.keys(state.sinks)[0] ?? 'none', generation };
  return verb === 'reportFailure' ? { generation } : {};
}
