import { expect, it } from 'vitest';
import { plural } from '../../src/core/plural.js';

it('one sink is no plural', () => {
  expect([0, 1, 2].map((count) => plural(count, 'sink'))).toEqual(['0 sinks', '1 sink', '2 sinks']);
});
