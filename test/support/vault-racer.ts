import { TokenError } from '../../src/core/errors.js';
import { EmbeddedFixture, isLockedOut } from './vault-embedded.js';

/** A process that begins generations of one counter document against others; see vault-processes.ts. argv: folder, how many. */
const [folder = '', rounds = '0'] = process.argv.slice(2);
const vault = await EmbeddedFixture.in(folder).open();
const wins: number[] = [];
const errors: string[] = [];
let lost = 0;
const startedAt = performance.now();
for (let round = 0; round < Number(rounds);) {
  try {
    const document = await vault.read('production/counter');
    const generation = document === null ? 1 : (JSON.parse(document.text) as { counter: number }).counter + 1;
    const text = JSON.stringify({ counter: generation, by: process.pid, value: 'x'.repeat(2000) });
    const won = await vault.compareAndSet('production/counter', document?.revision ?? 0, text);
    if (won === null) lost++;
    else wins.push(generation);
    round++;
  } catch (error) {
    if (isLockedOut(error)) continue;
    round++;
    errors.push(error instanceof TokenError ? `${error.code} ${error.message}` : String(error));
  }
}
await vault.close();
process.stdout.write(JSON.stringify({ wins, lost, errors, ms: Math.round(performance.now() - startedAt) }));
