import { z } from 'zod';
import { TokenError } from '../core/errors.js';
import { defineIssuer, type Issuer, type IssuerCapabilities } from './issuer.js';

const nothing = z.strictObject({});

const capabilities: IssuerCapabilities = {
  mintable: false,
  reissue: 'D',
  replayWindowMs: 0,
  overlap: true,
  retire: 'expire',
};

/** A person obtains the value (`tokenkeeper import KEY`); it is tracked, reminded of and delivered. */
const issuer: Issuer<z.output<typeof nothing>> = {
  capabilities: () => capabilities,
  async issue({ key }) {
    throw new TokenError('NotMintable', `${key} has an issuer that mints nothing`, {
      do: `obtain the value by hand, then: tokenkeeper import ${key}`,
    });
  },
  verify: async () => ({ active: 'unknown' }),
  probe: async () => 'unknown',
  // nobody to ask: `mintable: false` tells shared code that only a person can end the value at its provider
  revoke: async () => {},
};

/** The issuer of values that a person obtains: tracked, reminded of and delivered, never minted. */
export const manual = defineIssuer({
  name: 'manual',
  implicit: true,
  connection: nothing,
  parameters: nothing,
  open: async () => issuer,
  isAuthenticationFailure: ({ status }) => status === 401,
});
