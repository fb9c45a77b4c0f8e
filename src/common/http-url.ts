import { z } from 'zod';

/** An address to send requests to. No credential: `fetch` refuses one, and a message could show it. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL', abort: true })
  .refine((url) => new URL(url).username === '' && new URL(url).password === '', 'must not hold a credential');

/** Said of a URL that `isTransportAllowed` refuses. */
export const insecureUrl = 'plain http is for loopback only: use https, or allowInsecure: true';
