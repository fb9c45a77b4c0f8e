import { EmbeddedFixture } from './vault-embedded.js';

/** A process that writes one document endlessly and prints each revision once it is durable, until it is killed. argv: folder. */
const [folder = ''] = process.argv.slice(2);
const vault = await EmbeddedFixture.in(folder).open();
let revision = (await vault.read('production/a'))?.revision ?? 0;
for (;;) {
  const next = revision + 1;
  // Large, so that a commit has many pages, and checkable as a whole.
  const text = JSON.stringify({ revision: next, body: String(next % 10).repeat(30_000) });
  if ((await vault.compareAndSet('production/a', revision, text)) !== next) throw new Error('lost against nobody');
  revision = next;
  process.stdout.write(`${revision}\n`);
}
