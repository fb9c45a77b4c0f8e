import { issuerDrivers } from '../issuers/registry.js';
import { sinkDrivers } from '../sinks/registry.js';
import { vaultDrivers } from '../vaults/registry.js';
import type { Registries } from './config.js';

/** The drivers that come with tokenkeeper. */
export const builtInRegistries: Registries = { vaults: vaultDrivers, issuers: issuerDrivers, sinks: sinkDrivers };
