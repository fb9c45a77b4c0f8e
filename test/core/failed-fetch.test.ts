import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { neverConnected, remedyOfFetch, whyFetchFailed } from '../../src/core/failed-fetch.js';

const failed = (cause: unknown): Error => new TypeError('fetch failed', { cause });
const withCode = (code: unknown): Error => Object.assign(new Error('at https://host/?key=SECRET'), { code });

it.each<[name: string, error: unknown, why: string]>([
  ['the code of the system', failed(withCode('ECONNREFUSED')), ' (ECONNREFUSED)'],
  ['the code of TLS', failed(withCode('CERT_HAS_EXPIRED')), ' (CERT_HAS_EXPIRED)'],
  [
    'a newer code of TLS',
    failed(withCode('ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE')),
    ' (ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE)',
  ],
  ['an error without a cause', withCode('ENOTFOUND'), ' (ENOTFOUND)'],
  ['a cause without a code', failed(new Error('SECRET')), ''],
  ['a cause that is no error', failed('SECRET'), ''],
  ['a code that is a sentence', failed(withCode('at https://host/?key=SECRET')), ''],
  ['a code that is a number', failed(withCode(23)), ''],
  ['no error at all', 'SECRET', ''],
])('%s', (_name, error, why) => {
  expect(whyFetchFailed(error)).toBe(why);
});

it.each<[code: string, isUnsent: boolean]>([
  ['ECONNREFUSED', true],
  ['ENOTFOUND', true],
  ['EAI_AGAIN', true],
  ['UND_ERR_CONNECT_TIMEOUT', true],
  ['CERT_HAS_EXPIRED', true],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', true],
  ['SELF_SIGNED_CERT_IN_CHAIN', true],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
  ['ERR_TLS_CERT_ALTNAME_INVALID', true],
  // Nobody there speaks TLS, or not for this name.
  ['ERR_SSL_WRONG_VERSION_NUMBER', true],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', true],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', true],
  ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', true],
  ['ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY', true],
  ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', true],
  // The same by a newer OpenSSL.
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', true],
  ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', true],
  // A proxy that hangs up, or whose own certificate is not trusted.
  ['UND_ERR_PRX_CONN', true],
  ['UND_ERR_PRX_TLS', true],
  // These end connections that stand, too: what was sent may have arrived.
  ['ECONNRESET', false],
  ['EPIPE', false],
  ['ETIMEDOUT', false],
  ['EHOSTUNREACH', false],
  ['ENETUNREACH', false],
  ['UND_ERR_SOCKET', false],
  ['UND_ERR_HEADERS_TIMEOUT', false],
  ['UND_ERR_ABORTED', false],
  ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', false],
])('%s: sent nothing: %s', (code, isUnsent) => {
  expect(neverConnected(failed(withCode(code)))).toBe(isUnsent);
});

const ofCall = (syscall: string, code: string): Error => Object.assign(withCode(code), { syscall });

const several = (code: string | undefined, ...errors: readonly Error[]): Error =>
  Object.assign(new AggregateError(errors), code === undefined ? {} : { code });

it.each<[what: string, isUnsent: boolean, cause: Error]>([
  ['no way to the host', true, ofCall('connect', 'EHOSTUNREACH')],
  ['no network', true, ofCall('connect', 'ENETUNREACH')],
  ['nobody answered', true, ofCall('connect', 'ETIMEDOUT')],
  ['no address', true, ofCall('getaddrinfo', 'EAI_FAIL')],
  ['two addresses', true, several('ETIMEDOUT', ofCall('connect', 'ETIMEDOUT'), ofCall('connect', 'ENETUNREACH'))],
  ['one of several stood', false, several(undefined, ofCall('connect', 'ETIMEDOUT'), ofCall('read', 'ETIMEDOUT'))],
  ['several that nobody tells', false, several('ETIMEDOUT')],
  ['a host lost later', false, ofCall('read', 'EHOSTUNREACH')],
  ['a connection lost later', false, ofCall('write', 'EPIPE')],
])('%s: sent nothing: %s', (_what, isUnsent, cause) => {
  expect(neverConnected(failed(cause))).toBe(isUnsent);
});

it('a connection that ends before TLS is ready has sent nothing, and one that ends in it may have', async () => {
  const ends = async (how: (socket: Socket) => unknown): Promise<unknown> => {
    const server = createServer((socket) => void how(socket.on('error', () => {}))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const error: unknown = await fetch(`https://127.0.0.1:${port}`).catch((failure: unknown) => failure);
    server.close();
    return error;
  };
  const [early, late] = await Promise.all([
    ends((socket) => socket.end()),
    ends((socket) => socket.once('data', () => socket.resetAndDestroy())),
  ]);
  expect([early, late].map(whyFetchFailed)).toEqual([' (ECONNRESET)', ' (ECONNRESET)']);
  expect([early, late].map(neverConnected)).toEqual([true, false]);
});

it('a proxy that does not open the way to the host is told by its status, and nothing was sent', () => {
  const refusal = Object.assign(new Error('Proxy response (407) !== 200 when HTTP Tunneling'), {
    code: 'UND_ERR_ABORTED',
  });
  const error = failed(new Error('Request was cancelled.', { cause: refusal }));
  expect([neverConnected(error), whyFetchFailed(error)]).toEqual([true, ' (the proxy answered 407)']);
  expect(remedyOfFetch(error)).toMatch(/NO_PROXY/);
});

it.each<[code: string, remedy: RegExp | null]>([
  ['ENOTFOUND', /address/],
  ['SELF_SIGNED_CERT_IN_CHAIN', /NODE_EXTRA_CA_CERTS/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /NODE_EXTRA_CA_CERTS/],
  ['CERT_HAS_EXPIRED', /clock/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', /another name/],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', /nobody speaks TLS/],
  // These pass by themselves.
  ['ECONNREFUSED', null],
  ['UND_ERR_SOCKET', null],
])('%s is mended by: %s', (code, remedy) => {
  const told = remedyOfFetch(failed(withCode(code)));
  if (remedy === null) expect(told).toBeUndefined();
  else expect(told).toMatch(remedy);
});

it('what has no code may have sent anything', () => {
  expect(remedyOfFetch('SECRET')).toBeUndefined();
  expect([neverConnected('SECRET'), neverConnected(failed(new Error('no code')))]).toEqual([false, false]);
});
