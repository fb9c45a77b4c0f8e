import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { checkEmbeddedVault } from '../../src/vaults/embedded.js';
import { scriptArguments } from './script-arguments.js';
import type { EmbeddedFixture } from './vault-embedded.js';

export interface RaceOutcome {
  readonly wins: readonly number[];
  readonly lost: number;
  readonly errors: readonly string[];
  readonly ms: number;
}

/** Lets several processes begin generations of one document at once, and returns what each saw. */
export async function race(folder: string, processes: number, rounds: number): Promise<RaceOutcome[]> {
  const run = promisify(execFile);
  const racers = Array.from({ length: processes }, async () => {
    const { stdout } = await run(process.execPath, await scriptArguments('vault-racer.ts', folder, String(rounds)));
    return JSON.parse(stdout) as RaceOutcome;
  });
  return await Promise.all(racers);
}

/** Checks that each begin won or lost, each generation has one winner, and the document counts them all. */
export async function expectOneWinnerEach(fixture: EmbeddedFixture, outcomes: RaceOutcome[], rounds: number) {
  expect(outcomes.flatMap(({ errors }) => errors)).toEqual([]);
  for (const { wins, lost } of outcomes) expect(wins.length + lost).toBe(rounds);
  const wins = outcomes.flatMap((outcome) => outcome.wins).sort((a, b) => a - b);
  expect(wins).toEqual(wins.map((_, i) => i + 1));
  const document = await (await fixture.open()).read('production/counter');
  expect(document?.revision).toBe(wins.length);
  expect(JSON.parse(document?.text ?? '{}')).toMatchObject({ counter: wins.length });
  return wins.length;
}

/** Kills a writer during its writes and returns the last revision that it reported durable. */
export async function killWriter(folder: string, afterMs: number): Promise<number> {
  return Number(await killTalker('vault-writer.ts', folder, afterMs));
}

/** Kills a process that rekeys repeatedly. */
export async function killRekeyer(folder: string, afterMs: number): Promise<void> {
  await killTalker('vault-rekeyer.ts', folder, afterMs);
}

/** Kills a script some time after its first line, and returns its last one. */
async function killTalker(script: `${string}.ts`, folder: string, afterMs: number): Promise<string> {
  const args = await scriptArguments(script, folder);
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const stderr: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  let last = '';
  lines.on('line', (line) => {
    last = line;
  });
  const ends = Promise.all([once(child, 'exit'), once(lines, 'close')]);
  await Promise.race([once(lines, 'line'), ends]);
  if (child.exitCode !== null) throw new Error(`${script} ended by itself: ${stderr.join('')}`);
  // The instant is what is tested, so this alone goes by the clock.
  setTimeout(() => child.kill('SIGKILL'), afterMs);
  await ends;
  return last;
}

/** Checks after a kill that the file is complete and holds what was acknowledged, or the next write. */
export async function expectOldOrNew(fixture: EmbeddedFixture, acknowledged: number): Promise<void> {
  expect(await checkEmbeddedVault(fixture.settings, fixture.deps)).toMatchObject({ documents: 1 });
  const vault = await fixture.open();
  const document = await vault.read('production/a');
  await vault.close();
  expect([acknowledged, acknowledged + 1]).toContain(document?.revision);
  const { revision, body } = JSON.parse(document?.text ?? '{}') as { revision: number; body: string };
  expect(revision).toBe(document?.revision);
  expect(body).toBe(String(revision % 10).repeat(30_000));
}

/** Checks after a killed rekey that the key source has the vault's key, and every document opens with it. */
export async function expectOpensAfterRekeyKill(fixture: EmbeddedFixture, documents: number): Promise<void> {
  expect(await checkEmbeddedVault(fixture.settings, fixture.deps)).toMatchObject({ documents });
}
