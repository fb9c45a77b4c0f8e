/** Where our own zod is. */
export const zodUrl = import.meta.resolve('zod');

/** What a driver gets from a copy of this package that is not ours: the marks, and nothing else, are common. */
export const otherCopy = `
import { z } from '${zodUrl}';
export { z };
export const secretReference = () => z.string().min(1).meta({ secret: true });
export const defineIssuer = (driver) =>
  Object.defineProperty(driver, Symbol.for('tokenkeeper.driver'), { value: { kind: 'issuer', api: 1 } });
`;

/** A module with an issuer driver, as somebody writes it. */
export const issuerModule = (name: string, zod = 'temporal-tokenkeeper'): string => `
import { defineIssuer, secretReference } from 'temporal-tokenkeeper';
import { z } from '${zod}';
export const driver = defineIssuer({
  name: '${name}',
  connection: z.strictObject({ url: z.url(), adminKey: secretReference() }),
  parameters: z.strictObject({ project: z.string() }),
  open: async () => ({ capabilities: () => ({}), issue() {}, verify() {}, probe() {}, revoke() {} }),
  isAuthenticationFailure: ({ status }) => status === 401,
});
`;

/** What `defineIssuer` of any version leaves: a driver in the bare. */
export const bareModule = (body: string, api = 1): string => `
export const driver = Object.defineProperty({ ${body} }, Symbol.for('tokenkeeper.driver'), { value: { kind: 'issuer', api: ${api} } });
`;
