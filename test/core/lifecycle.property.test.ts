import { describe, it } from 'vitest';
import { keepsPromises, recovers, survivesAnything } from './properties.js';

describe('a lifecycle under random events', () => {
  it('keeps every promise, whatever the world and people do', () => keepsPromises(150));
  it('keeps every promise even where events come that no shell would send', () => survivesAnything(150));
  it('ends up healthy by itself once the world is fair again, unless a person has to decide', () => recovers(25));
});
