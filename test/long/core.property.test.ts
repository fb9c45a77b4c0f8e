import { describe, it } from 'vitest';
import { keepsPromises, recovers, renewsInTime, survivesAnything, tellsOnce } from '../core/properties.js';

describe('a lifecycle under many more random events', () => {
  it('keeps every promise, whatever the world and people do', () => keepsPromises(1_200));
  it('keeps every promise even where events come that no shell would send', () => survivesAnything(1_200));
  it('ends up healthy by itself once the world is fair again, unless a person has to decide', () => recovers(400));
  it('tells people of trouble once while the world stays as it is', () => tellsOnce(150));
  it('renews in time, whatever fails beside', () => renewsInTime(30));
});
