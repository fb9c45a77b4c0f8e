import { vi } from 'vitest';
import type { SimulatedLifecycle } from './simulated-lifecycle.js';

/** Until all that can go on by itself waits for its turn, or for a time. */
export async function settle(life: SimulatedLifecycle): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (life.goOn());
  life.outside.requireNoTheft();
}

/** Opens gates until none is closed. */
export async function turns(life: SimulatedLifecycle, limit = 400): Promise<void> {
  const { gates } = life.outside;
  for (let count = 0; count < limit && gates.closed.length > 0; count++) {
    gates.openOne();
    await settle(life);
  }
}

/** Lets time pass; attempts get no turns meanwhile. */
export async function stand(life: SimulatedLifecycle, ms: number): Promise<void> {
  life.outside.arrive();
  await settle(life);
  await vi.advanceTimersByTimeAsync(ms);
  await settle(life);
}

/** Lets time pass, at least so much; attempts get their turns meanwhile. */
export async function pass(life: SimulatedLifecycle, ms: number): Promise<void> {
  for (const until = Date.now() + ms; Date.now() < until;) {
    await turns(life);
    if (vi.getTimerCount() === 0) await vi.advanceTimersByTimeAsync(until - Date.now());
    else await vi.advanceTimersToNextTimerAsync();
    await settle(life);
  }
  await turns(life);
}
