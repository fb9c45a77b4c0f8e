import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { serverNameOf } from '../../src/client/tls-look.js';
import { findTlsTrouble, troubleOf } from '../../src/client/tls-trouble.js';
import { Authority, startTlsTemporal } from '../support/tls-temporal.js';
import { unusedPort } from '../support/unused-port.js';

const place = { address: 'temporal.test:7233', serverName: 'temporal.test' };

const rows: readonly (readonly [code: string, hasCertificate: boolean, told: string])[] = [
  // Servers of Go, and of OpenSSL 3.0 and 3.5, by TLS 1.2 and 1.3.
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', true, 'ServerRefused refuses our client certificate: bad certificate'],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', true, 'ServerRefused refuses our client certificate: bad certificate'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', false, 'ServerRefused demands a client certificate'],
  [
    'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
    true,
    'ServerRefused refuses our client certificate: certificate expired',
  ],
  [
    'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED',
    true,
    'ServerRefused refuses our client certificate: certificate revoked',
  ],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', true, 'ServerRefused refuses our client certificate: unknown ca'],
  ['ERR_SSL_TLSV1_ALERT_ACCESS_DENIED', true, 'ServerRefused refuses our client certificate: access denied'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', false, 'ServerRefused demands a client certificate'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', false, 'ServerRefused demands a client certificate'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', true, 'ServerUnavailable fails: sslv3 alert handshake failure'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', true, 'ServerUnavailable fails: tlsv1 alert protocol version'],
  // What Node says of a server's certificate.
  ['CERT_HAS_EXPIRED', false, 'ServerUnavailable has expired'],
  ['CERT_NOT_YET_VALID', false, 'ServerUnavailable is not valid yet'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', false, 'ServerUnavailable is not for temporal.test'],
  ['SELF_SIGNED_CERT_IN_CHAIN', false, 'ServerUnavailable is not trusted: self signed cert in chain'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', false, 'ServerUnavailable is not trusted: depth zero self signed cert'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', false, 'ServerUnavailable is not trusted: unable to get issuer cert locally'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', false, 'ServerUnavailable is not trusted: unable to verify leaf signature'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', false, 'ServerUnavailable does not speak TLS'],
  ['ERR_SSL_UNEXPECTED_MESSAGE', false, 'ServerUnavailable fails: unexpected message'],
];

it.each(rows)('%s, with a client certificate: %s, is %s', (code, hasCertificate, told) => {
  const error = troubleOf({ how: 'failed', code, isSecure: false }, { ...place, hasCertificate });
  expect(`${error?.code} ${error?.message}`).toMatch(new RegExp(`^${told.replace(' ', ' .*temporal\\.test:7233 ')}$`));
});

it.each(['serving', 'unknown'] as const)('a server that is %s has no trouble with TLS that could be seen', (how) => {
  expect(troubleOf({ how, code: '', isSecure: true }, { ...place, hasCertificate: true })).toBeNull();
});

it.each([
  { isSecure: true, hasCertificate: true, code: 'ServerRefused', message: /seems to refuse our client certificate/ },
  { isSecure: true, hasCertificate: false, code: 'ServerRefused', message: /seems to demand a client certificate/ },
  // It may as well be one that starts.
  { isSecure: false, hasCertificate: true, code: 'ServerUnavailable', message: /may refuse our client certificate/ },
  { isSecure: false, hasCertificate: false, code: 'ServerUnavailable', message: /may demand a client certificate/ },
])('a connection that was cut is $code, $message', ({ isSecure, hasCertificate, code, message }) => {
  const error = troubleOf({ how: 'cut', code: '', isSecure }, { ...place, hasCertificate });
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
});

/** Where a server does this with each connection. */
async function serverThat(meet: (socket: Socket) => void): Promise<{ readonly address: string; close(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    meet(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

const tls = { serverNameOverride: 'temporal.test' };

it('a server that cuts connections may be starting: that is told only once gRPC has given up', async () => {
  const { address, close } = await serverThat((socket) => void socket.destroy());
  expect(await findTlsTrouble(address, tls, 'said')).toBeNull();
  expect(await findTlsTrouble(address, tls)).toMatchObject({ message: expect.stringContaining('hangs up during') });
  close();
});

it('a server that says nothing in time is slow, for all that can be seen, and is hung up on', async () => {
  let hungUp: Promise<unknown> | undefined;
  const { address, close } = await serverThat((socket) => void (hungUp = once(socket.resume(), 'close')));
  expect(await findTlsTrouble(address, tls)).toBeNull();
  await hungUp;
  close();
});

it('where nobody listens there is no trouble with TLS', async () => {
  expect(await findTlsTrouble(`127.0.0.1:${await unusedPort()}`, tls)).toBeNull();
});

it('a certificate is for the address that a server of IPv6 has, without its brackets', () => {
  expect(serverNameOf('[::1]:7233', null)).toBe('::1');
});

it.each(['ipv4:127.0.0.1:1,127.0.0.1:2', 'localhost:99999'])(
  'an address that only gRPC reads is not looked at: %s',
  async (address) => {
    expect(await findTlsTrouble(address, {})).toBeNull();
  },
);

it('a certificate for another name than the address is trusted where that name is configured', async () => {
  const authority = await Authority.create('ours');
  const certificate = await authority.sign({ name: 'temporal.test' });
  const server = await startTlsTemporal({ certificate, version: 'TLSv1.3' });
  const trusted = { serverRootCACertificate: Buffer.from(authority.own.cert) };
  try {
    expect(await findTlsTrouble(server.address, { ...trusted, ...tls })).toBeNull();
    const trouble = await findTlsTrouble(server.address, trusted);
    expect(trouble).toMatchObject({ message: expect.stringMatching(/is not for localhost$/) });
  } finally {
    await server.close();
  }
});
