import { expect, it } from 'vitest';
import { sinkCount } from '../../src/core/spec.js';

it('one sink is no plural', () => {
  expect([0, 1, 2].map(sinkCount)).toEqual(['0 sinks', '1 sink', '2 sinks']);
});
