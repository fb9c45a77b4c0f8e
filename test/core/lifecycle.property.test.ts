import { describe, it } from 'vitest';
import { keepsPromises, recovers, renewsInTime, survivesAnything, tellsOnce } from './properties.js';

// Seconds where the machine is idle; the limit is for one that is not.
const limit = { timeout: 300_000 };

// A sample: the long suite has thousands of them.
describe('a lifecycle under random events', () => {
  it('keeps every promise, whatever the world and people do', limit, () => keepsPromises(40));
  it('keeps every promise even where events come that no shell would send', limit, () => survivesAnything(40));
  it('ends up healthy by itself once the world is fair again, unless a person has to decide', limit, () =>
    recovers(15),
  );
  it('tells people of trouble once while the world stays as it is', limit, () => tellsOnce(20));
  it('renews in time, whatever fails beside', limit, () => renewsInTime(8));
});
