import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson } from './http.js';

export interface ApiOptions {
  readonly issuer: string;
  readonly apiSecret: string;
}

/**
 * The protected API, `GET /api/…`, like a real one: it asks the authorization server about each token (RFC 7662).
 * A path such as `/api/crm.test/invoices` also requires the audience `https://crm.test`. Answers 401 as in RFC 6750.
 */
export async function serveApi(request: IncomingMessage, response: ServerResponse, options: ApiOptions): Promise<void> {
  const [, , host = ''] = new URL(request.url ?? '/', options.issuer).pathname.split('/');
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) return refuse(response, 'Bearer');
  const { active, aud } = await introspect(token, options);
  const wrongAudience = host.includes('.') && aud !== `https://${host}`;
  if (!active || wrongAudience) return refuse(response, 'Bearer error="invalid_token"');
  sendJson(response, 200, { ok: true, aud });
}

function refuse(response: ServerResponse, challenge: string): void {
  response.setHeader('www-authenticate', challenge);
  sendJson(response, 401, { error: 'invalid_token' });
}

async function introspect(token: string, options: ApiOptions): Promise<{ active: boolean; aud?: string }> {
  const response = await fetch(`${options.issuer}/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`api:${options.apiSecret}`).toString('base64')}` },
    body: new URLSearchParams({ token }),
  });
  return (await response.json()) as { active: boolean; aud?: string };
}
