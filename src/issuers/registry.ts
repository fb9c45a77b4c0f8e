import { example } from './example.js';
import type { IssuerDriver } from './issuer.js';
import { manual } from './manual.js';
import { oauth2 } from './oauth2.js';

/** Every issuer driver that a connection may name, by its name. A new one is one file and one line here. */
export const issuerDrivers: Readonly<Record<string, IssuerDriver>> = { example, manual, oauth2 };
