import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/drivers.js';
import { hostPort, parseListenAddress } from '../../src/metrics/listen-address.js';
import { serveMetrics, type MetricsEndpoint } from '../../src/metrics/serve-metrics.js';

describe('the address to listen on', () => {
  it.each([
    ['9464', { host: '127.0.0.1', port: 9464 }],
    ['0', { host: '127.0.0.1', port: 0 }],
    ['0.0.0.0:9464', { host: '0.0.0.0', port: 9464 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
    ['keeper-1.internal:65535', { host: 'keeper-1.internal', port: 65535 }],
    ['[::1]:9464', { host: '::1', port: 9464 }],
    ['', null],
    ['yes', null],
    ['65536', null],
    ['-1', null],
    ['::1:9464', null],
    [':9464', null],
    ['host:', null],
    ['http://localhost:9464', null],
    ['9464/metrics', null],
  ])('of %j is %j', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
  });

  it('is shown with brackets where it is one of IPv6', () => {
    expect(hostPort({ host: '::1', port: 1 })).toBe('[::1]:1');
  });
});

describe('the endpoint', () => {
  const endpoints: MetricsEndpoint[] = [];
  afterEach(async () => {
    await Promise.all(endpoints.splice(0).map(({ stop }) => stop()));
  });

  async function serve(text: () => Promise<string> = () => Promise.resolve('a 1\n'), port = 0): Promise<string> {
    const contentType = 'text/plain; version=0.0.4; charset=utf-8';
    const endpoint = await serveMetrics({ text, contentType }, { host: '127.0.0.1', port }, silentLog);
    endpoints.push(endpoint);
    return endpoint.url;
  }

  it('gives the text under /metrics, in the format of Prometheus', async () => {
    const response = await fetch(`${await serve()}?name[]=a`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toBe('a 1\n');
  });

  it('goes on, and so does the worker, where a connection cannot be taken', async () => {
    const url = await serve();
    const servers: Server[] = [];
    const onRequest = (message: unknown): void => void servers.push((message as { server: Server }).server);
    subscribe('http.server.request.start', onRequest);
    await fetch(url);
    unsubscribe('http.server.request.start', onRequest);
    // As Node tells a failed accept(2); without a listener it would be thrown.
    servers[0]?.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    // Nobody who connects and says nothing stays for long.
    expect(servers).toMatchObject([{ headersTimeout: 5_000, requestTimeout: 5_000 }]);
    expect((await fetch(url)).status).toBe(200);
  });

  it.each([
    { method: 'HEAD', path: '/metrics', status: 200, text: '' },
    { method: 'GET', path: '/healthz', status: 200, text: 'ok\n' },
    { method: 'HEAD', path: '/healthz?verbose', status: 200, text: '' },
    { method: 'GET', path: '/', status: 404, text: 'see /metrics, /healthz\n' },
    { method: 'GET', path: '/metrics/', status: 404, text: 'see /metrics, /healthz\n' },
    { method: 'GET', path: '/readyz', status: 404, text: 'see /metrics, /healthz\n' },
    { method: 'GET', path: '/toString', status: 404, text: 'see /metrics, /healthz\n' },
    { method: 'POST', path: '/metrics', status: 405, text: 'GET\n' },
  ])('answers $method $path with $status', async ({ method, path, status, text }) => {
    const response = await fetch(new URL(path, await serve()), { method });
    expect({ status: response.status, text: await response.text() }).toEqual({ status, text });
  });

  it.each([
    { why: null, status: 200, text: 'ok\n' },
    { why: 'the worker is stopping', status: 503, text: 'the worker is stopping\n' },
  ])('answers /readyz with $status where it hears $why', async ({ why, status, text }) => {
    const none = { text: () => Promise.resolve(''), contentType: 'text/plain' };
    const listen = { host: '127.0.0.1', port: 0 };
    const endpoint = await serveMetrics(none, listen, silentLog, () => Promise.resolve(why));
    endpoints.push(endpoint);
    const response = await fetch(new URL('/readyz', endpoint.url));
    expect({ status: response.status, text: await response.text() }).toEqual({ status, text });
  });

  it('does not tell what went wrong in making them', async () => {
    const response = await fetch(await serve(() => Promise.reject(new Error('canary'))));
    expect({ status: response.status, text: await response.text() }).toEqual({
      status: 500,
      text: 'the metrics could not be made\n',
    });
  });

  it('says which port is taken', async () => {
    const { port } = new URL(await serve());
    await expect(serve(undefined, Number(port))).rejects.toMatchObject({
      code: 'PortTaken',
      message: `metrics: 127.0.0.1:${port} is taken`,
    });
  });

  it('says where it cannot listen at all', async () => {
    // An address of https://www.rfc-editor.org/rfc/rfc5737, which is nobody's.
    const listening = serveMetrics(
      { text: () => Promise.resolve(''), contentType: '' },
      { host: '192.0.2.1', port: 9464 },
      silentLog,
    );
    await expect(listening).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: 'metrics: this process cannot listen on 192.0.2.1:9464 (EADDRNOTAVAIL)',
    });
  });

  it('stops with somebody connected, and gives the port back', async () => {
    const url = await serve();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    await endpoints[0]?.stop();
    await closed;
    expect(await serve(undefined, Number(new URL(url).port))).toBe(url);
  });
});
