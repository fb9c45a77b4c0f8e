import { expect, it } from 'vitest';
import { acknowledgedIn, heldGeneration } from '../../src/activities/sink-readings.js';
import type { SinkReading } from '../../src/sinks/sink.js';
import { recordOf } from '../core/build-record.js';

it.each<[what: string, generation: unknown, held: number]>([
  ['a number', 2, 2],
  ['a text', '2', 0],
  ['no number', Number.NaN, 0],
  ['nothing', undefined, 0],
])(
  'a value of ours that the vault does not know is of the generation that its sink says: %s',
  (_what, generation, held) => {
    const reading = { found: 'value', ours: true, fingerprint: 'unknown', generation } as SinkReading;
    expect(heldGeneration(reading, recordOf())).toBe(held);
  },
);

it('somebody else’s is of none of our generations, be it the very same value', () => {
  const [known] = recordOf().generations;
  const { generation, fingerprint } = known!;
  const reading = { found: 'value', fingerprint, generation } as const;
  expect(acknowledgedIn({ ...reading, ours: true }, recordOf())).toEqual({ generation, drifted: false });
  expect(acknowledgedIn({ ...reading, ours: false }, recordOf())).toEqual({ generation: 0, drifted: true });
});

it('a value that the vault knows is of its generation there, whatever its sink says, and acknowledged once its consumer was told', () => {
  const [known] = recordOf().generations;
  const { generation, fingerprint } = known!;
  const reading = { found: 'value', ours: true, fingerprint } as const;
  expect(acknowledgedIn({ ...reading, generation: generation + 5 }, recordOf()).generation).toBe(generation);
  expect(acknowledgedIn({ ...reading, generation: null }, recordOf()).generation).toBe(0);
  expect(heldGeneration({ ...reading, generation: null }, recordOf())).toBe(generation);
});

it('what cannot be read back is not taken for a sink that holds nothing', () => {
  expect(acknowledgedIn({ found: 'unreadable' }, recordOf())).toEqual({ generation: -1, drifted: false });
  expect(acknowledgedIn({ found: 'nothing' }, recordOf())).toEqual({ generation: 0, drifted: false });
});

it.each([
  ['that another value has', 2, 0],
  ['that none has', 7, 7],
])('as acknowledged counts a number of such a value %s: %i as %i', (_what, generation, acknowledged) => {
  const reading = { found: 'value', ours: true, fingerprint: 'unknown', generation } as const;
  expect(acknowledgedIn(reading, recordOf()).generation).toBe(acknowledged);
});
