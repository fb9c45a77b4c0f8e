import { EmbeddedFixture } from './vault-embedded.js';

/** A process that makes a vault of two documents, one of several pages, and exits; see `EmbeddedFixture.filled`. argv: folder. */
const fixture = EmbeddedFixture.in(process.argv[2] ?? '');
await fixture.init();
const vault = await fixture.open();
await vault.compareAndSet('production/a', 0, JSON.stringify({ value: 'a'.repeat(20_000) }));
await vault.compareAndSet('production/b', 0, '{"value":"b"}');
await vault.close();
