import { embedded } from './embedded.js';
import { memory } from './memory.js';
import type { VaultDriver } from './vault.js';

/** Every vault driver that a connection may name, by its name. A new one is one file and one line here. */
export const vaultDrivers: Readonly<Record<string, VaultDriver>> = { embedded, memory };
