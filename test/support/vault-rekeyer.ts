import { rekeyEmbeddedVault } from '../../src/vaults/embedded.js';
import { EmbeddedFixture } from './vault-embedded.js';

/** A process that rekeys a vault endlessly and prints a line each time, until it is killed. argv: folder. */
const { settings, deps } = EmbeddedFixture.in(process.argv[2] ?? '');
for (;;) {
  const { kid } = await rekeyEmbeddedVault(settings, deps);
  process.stdout.write(`${kid}\n`);
}
