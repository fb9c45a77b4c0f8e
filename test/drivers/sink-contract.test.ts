import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { sinkDrivers } from '../../src/sinks/registry.js';
import type { SinkDriver } from '../../src/sinks/sink.js';
import { sinkContract } from '../contracts/sink.js';
import { sinkSubjects } from '../support/sink-subjects.js';

for (const [name, { make, traits }] of Object.entries(sinkSubjects)) sinkContract(name, make, traits);

test('every driver in src/sinks is registered by its name and runs the contract', async () => {
  const folder = new URL('../../src/sinks/', import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts'));
  const modules = await Promise.all(
    files.map(async (file) => (await import(new URL(file, folder).href)) as Record<string, unknown>),
  );
  const found = new Set(modules.flatMap((module) => Object.values(module)).filter(isDriver));
  expect(new Set(Object.values(sinkDrivers))).toEqual(found);
  for (const [name, driver] of Object.entries(sinkDrivers)) expect(driver.name).toBe(name);
  expect(Object.keys(sinkSubjects).sort()).toEqual(Object.keys(sinkDrivers).sort());
});

function isDriver(exported: unknown): exported is SinkDriver {
  return typeof exported === 'object' && exported !== null && 'open' in exported && 'place' in exported;
}
