import { describe, expect, it } from 'vitest';
import { usageAnswerOf } from '../../src/runtime/usage-answer.js';

/** What libraries throw or return when an API refuses, as they were seen. */
const shapes: Record<string, object> = {
  'a Response of fetch': new Response('{"error":"invalid_token"}', {
    status: 401,
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  }),
  'a Response of another fetch': {
    status: 401,
    headers: new Map([['WWW-Authenticate', 'Bearer error="invalid_token"']]),
  },
  'an error of axios': Object.assign(new Error('Request failed with status code 401'), {
    isAxiosError: true,
    code: 'ERR_BAD_REQUEST',
    response: { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, data: { ok: false } },
  }),
  'an error of got': Object.assign(new Error('Response code 401 (Unauthorized)'), {
    code: 'ERR_NON_2XX_3XX_RESPONSE',
    response: { statusCode: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, body: '' },
  }),
  'an error of octokit': Object.assign(new Error('Bad credentials'), {
    name: 'HttpError',
    status: 401,
    response: { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, data: {} },
  }),
  'an error of ky': Object.assign(new Error('Unauthorized'), { response: new Response(null, { status: 401 }) }),
  'an error of undici': Object.assign(new Error('Response Error'), {
    code: 'UND_ERR_RESPONSE',
    statusCode: 401,
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  }),
  'an error of gitbeaker': new Error('Unauthorized', {
    cause: { description: 'invalid_token', response: new Response(null, { status: 401 }) },
  }),
  'an error that a job wrapped twice': new Error('the export failed', {
    cause: new Error('page 7', { cause: Object.assign(new Error('HTTP 401'), { status: 401 }) }),
  }),
  'an error with a status in words, too': Object.assign(new Error('refused'), {
    status: 'UNAUTHENTICATED',
    statusCode: 401,
  }),
  'an error with a status of its own, of a request that had another one before': Object.assign(new Error('refused'), {
    status: 401,
    response: { status: 302 },
  }),
  'an error that a job wrapped five times': [1, 2, 3, 4, 5].reduce<Error>(
    (cause) => new Error('wrapped', { cause }),
    Object.assign(new Error('HTTP 401'), { status: 401 }),
  ),
  'an error with a status of its own': Object.assign(new Error('refused'), { status: 401 }),
};

describe('what an API said to a job', () => {
  it.each(Object.entries(shapes))('is read from %s', (_name, outcome) => {
    expect(usageAnswerOf(outcome)).toMatchObject({ status: 401 });
  });

  it.each([
    'a Response of fetch',
    'a Response of another fetch',
    'an error of axios',
    'an error of got',
    'an error of undici',
  ])('has its headers in lower case from %s', (name) => {
    const headers = usageAnswerOf(shapes[name] ?? {})?.headers;
    expect(headers).toMatchObject({ 'www-authenticate': 'Bearer error="invalid_token"' });
  });

  it('has a parsed body for providers that say it there, and no text', () => {
    const said = { status: 200, data: { ok: false, error: 'token_expired' } };
    expect(usageAnswerOf({ response: said })).toMatchObject({ status: 200, body: said.data });
    expect(usageAnswerOf({ status: 200, data: [1] })).toMatchObject({ body: [1] });
    expect(usageAnswerOf({ status: 200, data: 'text' })).not.toHaveProperty('body');
    expect(usageAnswerOf({ status: 200, data: new Date() })).not.toHaveProperty('body');
  });

  it('has the least and the highest status of HTTP', () => {
    expect(usageAnswerOf({ status: 100 })).toMatchObject({ status: 100 });
    expect(usageAnswerOf({ status: 599 })).toMatchObject({ status: 599 });
  });

  it('has only headers that are text', () => {
    const headers = { 'x-one': 'text', 'x-two': ['a', 'b'], 'x-three': undefined };
    expect(usageAnswerOf({ status: 401, headers })?.headers).toEqual({ 'x-one': 'text' });
  });

  const raise = (): never => {
    throw new Error('not here');
  };
  const itself = new Error('caused by itself');
  itself.cause = itself;
  const others: Record<string, object> = {
    'an error that is its own cause': itself,
    'an error whose cause is text': new Error('no such invoice', { cause: '401' }),
    'a result of the job with a cause': { cause: { status: 401 } },
    'an error without a status': new Error('no such invoice'),
    'an error of the network': Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    'an axios error without an answer': Object.assign(new Error('Network Error'), {
      isAxiosError: true,
      response: undefined,
    }),
    'a status below those of HTTP': { status: 99 },
    'a status above those of HTTP': { status: 600 },
    'a status that is text': { status: 'rejected' },
    'a result of the job': { invoices: [] },
    'a result whose status cannot be read': Object.defineProperty({}, 'status', { get: raise }),
    'a proxy that refuses to be asked': new Proxy({}, { get: raise }),
  };
  it.each(Object.entries(others))('is nothing in %s', (_name, outcome) => {
    expect(usageAnswerOf(outcome)).toBeNull();
  });
});
