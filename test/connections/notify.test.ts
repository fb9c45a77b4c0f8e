import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Notification } from '../../src/activities/connections.js';
import { createConnections, type ManagedConnections } from '../../src/connections/connections.js';
import { parseConfig } from '../../src/config/load.js';
import { formatProblem } from '../../src/config/problems.js';
import { TokenError } from '../../src/core/errors.js';
import { PartlyHeard } from '../../src/core/partly-heard.js';
import type { DriverDeps } from '../../src/drivers.js';
import { testRegistries } from '../config/drivers.js';

const signingSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const notification: Notification = {
  event: 'needs-attention',
  key: 'production/crm',
  owner: 'web',
  environment: 'production',
  state: 'needs-attention',
  reason: 'InvalidGrant',
  message: 'the grant is dead',
  do: 'obtain a new one',
  runbook: null,
  expiresAt: '2027-01-01T00:00:00.000Z',
  at: '2026-12-01T00:00:00.000Z',
};

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let received: Received[];
let statusOf: Record<string, number>;
let logged: [string, string, Record<string, unknown> | undefined][];
let env: Record<string, string>;

beforeEach(async () => {
  received = [];
  statusOf = {};
  logged = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const path = request.url ?? '';
      received.push({ path, headers: request.headers, body });
      response.writeHead(statusOf[path] ?? 204, { location: '/elsewhere', 'retry-after': '120' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  env = { BASE: base, SECRET: signingSecret };
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

async function notify(
  entries: string,
  about: Notification = notification,
  signal = new AbortController().signal,
): Promise<void> {
  const connections = connect(entries);
  try {
    await connections.notify(about, signal);
  } finally {
    await connections.close();
  }
}

function connect(entries: string): ManagedConnections {
  const loaded = parseConfig([{ file: 'tokens.yaml', text: `version: 1\nnotify:\n${entries}` }], testRegistries());
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  const noteAs =
    (level: string) =>
    (message: string, fields?: Record<string, unknown>): void =>
      void logged.push([level, message, fields]);
  const deps: DriverDeps = {
    fetch,
    now: () => Date.now(),
    baseDir: '/',
    env,
    log: { info: noteAs('info'), warn: noteAs('warn'), error: noteAs('error') },
  };
  return createConnections({ config: loaded.config.worker, deps });
}

describe('notify', () => {
  it('posts to a webhook, signed as Standard Webhooks where there is a secret', async () => {
    await notify('  - { webhook: "${env:BASE}/signed", secret: "${env:SECRET}" }\n');
    const [message] = received;
    const data = new Webhook(signingSecret).verify(message?.body ?? '', message?.headers as Record<string, string>);
    expect(data).toEqual({ type: 'token.needs-attention', timestamp: notification.at, data: notification });
  });

  it('takes a secret with a line end, as a file has one', async () => {
    env['SECRET'] = `${signingSecret}\n`;
    await notify('  - { webhook: "${env:BASE}/signed", secret: "${env:SECRET}" }\n');
    const [message] = received;
    const data = new Webhook(signingSecret).verify(message?.body ?? '', message?.headers as Record<string, string>);
    expect(data).toMatchObject({ data: notification });
  });

  it('refuses an address with a credential, which fetch would refuse for ever', async () => {
    env['ADDRESS'] = 'https://me:hunter2@hooks.test/';
    await expect(notify('  - { webhook: "${env:ADDRESS}" }\n')).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: 'webhook of notify[0]: must not hold a credential',
    });
  });

  it('posts unsigned where there is none', async () => {
    await notify('  - { webhook: "${env:BASE}/plain" }\n');
    expect(received.map(({ path, headers }) => [path, headers['webhook-signature']])).toEqual([['/plain', undefined]]);
  });

  it('gives the same notification the same id at each attempt, so that a receiver can drop repeats', async () => {
    const entry = '  - { webhook: "${env:BASE}/", secret: "${env:SECRET}" }\n';
    await notify(entry);
    await notify(entry);
    const ids = received.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([ids[0], ids[0]]);
    expect(ids[0]).toMatch(/needs-attention/);
    // The next time that it needs somebody is no repeat.
    await notify(entry, { ...notification, at: '2026-12-02T00:00:00.000Z' });
    expect(received.at(-1)?.headers['webhook-id']).not.toBe(ids[0]);
  });

  it('tells only those who asked for the event and serve the environment', async () => {
    await notify(`  - { webhook: "\${env:BASE}/all" }
  - { webhook: "\${env:BASE}/this", events: [recovered, needs-attention] }
  - { webhook: "\${env:BASE}/another", events: [recovered] }
  - { webhook: "\${env:BASE}/here", environment: [staging, production] }
  - { webhook: "\${env:BASE}/elsewhere", environment: staging }
`);
    expect(received.map(({ path }) => path).sort()).toEqual(['/all', '/here', '/this']);
  });

  const credential: Notification = {
    event: 'credential-expiring',
    id: 'credential-expiring:id.p:1:7d',
    issuer: 'id.p',
    environments: ['production', 'qa'],
    reason: 'ExpiresSoon',
    message: 'the keeper’s own credential of issuer id.p expires soon',
    do: 'renew it',
    expiresAt: '2027-01-01T00:00:00.000Z',
    at: '2026-12-01T00:00:00.000Z',
  };

  it('notifies of a keeper’s credential those who asked for it or for needs-attention, for an environment of the issuer', async () => {
    const entries = `  - { webhook: "\${env:BASE}/all" }
  - { webhook: "\${env:BASE}/this", events: [credential-expiring] }
  - { webhook: "\${env:BASE}/persons", events: [needs-attention], environment: production }
  - { webhook: "\${env:BASE}/another", events: [recovered] }
  - { webhook: "\${env:BASE}/elsewhere", environment: staging }
`;
    await notify(entries, credential);
    expect(received.map(({ path }) => path).sort()).toEqual(['/all', '/persons', '/this']);
    received = [];
    await notify(entries, { ...credential, environments: null });
    expect(received.map(({ path }) => path).sort()).toEqual(['/all', '/elsewhere', '/persons', '/this']);
  });

  it('notifies of a value that only a person renews those who asked for needs-attention, once it needs it', async () => {
    const entries = `  - { webhook: "\${env:BASE}/persons", events: [needs-attention] }
  - { webhook: "\${env:BASE}/another", events: [recovered] }
`;
    await notify(entries, { ...notification, event: 'reminder', state: 'tracked' });
    expect(received).toEqual([]);
    await notify(entries, { ...notification, event: 'reminder', state: 'needs-attention' });
    expect(received.map(({ path }) => path)).toEqual(['/persons']);
  });

  it.each(['undelivered', 'unrevoked'] as const)(
    'notifies those who asked for needs-attention of %s, too',
    async (event) => {
      const entries = `  - { webhook: "\${env:BASE}/persons", events: [needs-attention] }
  - { webhook: "\${env:BASE}/this", events: [${event}] }
  - { webhook: "\${env:BASE}/another", events: [recovered] }
`;
      await notify(entries, { ...notification, event, state: 'partial' });
      expect(received.map(({ path }) => path).sort()).toEqual(['/persons', '/this']);
    },
  );

  it('tells of it as something of the issuer, under its own id without a dot, signed or not', async () => {
    await notify('  - { webhook: "${env:BASE}/" }\n', credential);
    const [message] = received;
    expect(JSON.parse(message?.body ?? '')).toEqual({
      type: 'issuer.credential-expiring',
      timestamp: credential.at,
      data: credential,
    });
    expect(message?.headers['webhook-id']).toBe('credential-expiring:id~p:1:7d');
  });

  it('has no dot in its id, however many its issuer’s name has', async () => {
    await notify('  - { webhook: "${env:BASE}/" }\n', { ...credential, id: 'credential-expiring:id.p.test:1:7d' });
    expect(received[0]?.headers['webhook-id']).toBe('credential-expiring:id~p~test:1:7d');
  });

  it('logs with the fields of the notification', async () => {
    await notify('  - { log: true }\n');
    expect(logged).toEqual([
      [
        'warn',
        'the grant is dead',
        expect.objectContaining({ event: 'needs-attention', key: 'production/crm', do: 'obtain a new one' }),
      ],
    ]);
    await notify('  - { log: true }\n', { ...notification, event: 'recovered' });
    expect(logged.map(([level]) => level)).toEqual(['warn', 'info']);
  });

  it.each([
    [500, 'SinkUnavailable', 120_000],
    [429, 'SinkUnavailable', 120_000],
    [404, 'SinkRefused', undefined],
  ])('fails on %d as %s, after it told the others', async (status, code, retryAfterMs) => {
    statusOf['/bad'] = status;
    const told = notify('  - { webhook: "${env:BASE}/bad" }\n  - { webhook: "${env:BASE}/good" }\n  - { log: true }\n');
    await expect(told).rejects.toMatchObject({
      code,
      retryAfterMs,
      message: `the webhook of notify answered ${status}`,
    });
    await expect(told).rejects.toBeInstanceOf(PartlyHeard);
    expect(received.map(({ path }) => path).sort()).toEqual(['/bad', '/good']);
    expect(logged).toHaveLength(1);
  });

  it('says where nobody heard it', async () => {
    statusOf['/bad'] = 404;
    await expect(notify('  - { webhook: "${env:BASE}/bad" }\n')).rejects.not.toBeInstanceOf(PartlyHeard);
  });

  it('is not repeated to those who took it, while it is tried again at one who did not', async () => {
    const { signal } = new AbortController();
    const connections = connect(
      '  - { webhook: "${env:BASE}/bad" }\n  - { webhook: "${env:BASE}/good" }\n  - { log: true }\n',
    );
    statusOf['/bad'] = 503;
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const told = connections.notify(notification, signal);
      await expect(told).rejects.toMatchObject({ code: 'SinkUnavailable' });
      // They heard at the first attempt, and are to hear of the end of the trouble.
      await expect(told).rejects.toBeInstanceOf(PartlyHeard);
    }
    // Of another notice they have not heard.
    await expect(connections.notify({ ...notification, key: 'production/erp' }, signal)).rejects.toThrow('503');
    statusOf = {};
    await connections.notify(notification, signal);
    expect(received.map(({ path }) => path).filter((path) => path === '/bad')).toHaveLength(5);
    expect(received.map(({ path }) => path).filter((path) => path === '/good')).toHaveLength(2);
    expect(logged).toHaveLength(2);
    // All have heard of it: whatever brings it again is no retry.
    received = [];
    await connections.notify(notification, signal);
    expect(logged).toHaveLength(3);
    expect(
      received
        .map(({ path }) => path)
        .slice(-2)
        .sort(),
    ).toEqual(['/bad', '/good']);
    await connections.close();
  });

  it('has an id of its own where a token needs attention for two reasons at one moment', async () => {
    const entry = '  - { webhook: "${env:BASE}/" }\n';
    await notify(entry);
    await notify(entry, { ...notification, reason: 'Expired' });
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
  });

  it('follows no redirect', async () => {
    statusOf['/moved'] = 302;
    await expect(notify('  - { webhook: "${env:BASE}/moved" }\n')).rejects.toMatchObject({
      code: 'SinkRefused',
      message: 'the webhook of notify answered 302, redirects are not followed',
    });
    expect(received.map(({ path }) => path)).toEqual(['/moved']);
  });

  it('says why there was no answer', async () => {
    await new Promise((resolve) => server.close(resolve));
    await expect(notify('  - { webhook: "${env:BASE}/nobody" }\n')).rejects.toMatchObject({
      code: 'SinkUnavailable',
      message: 'the webhook of notify: no answer (ECONNREFUSED)',
    });
  });

  it('says what to correct, where that is known, and else which webhook to check', async () => {
    statusOf['/gone'] = 404;
    await expect(notify('  - { webhook: "${env:BASE}/gone" }\n')).rejects.toMatchObject({
      do: 'check the webhook of notify',
    });
    env['BASE'] = env['BASE']!.replace('http:', 'https:');
    await expect(notify('  - { webhook: "${env:BASE}/" }\n')).rejects.toMatchObject({
      do: 'correct the address: nobody speaks TLS there',
    });
  });

  it('gives a receiver up after 10 s', async () => {
    using timer = vi.spyOn(globalThis, 'setTimeout');
    await notify('  - { webhook: "${env:BASE}/good" }\n');
    expect(timer).toHaveBeenCalledWith(expect.any(Function), 10_000);
  });

  it('says which reference has no value, and tells the others', async () => {
    const told = notify('  - { webhook: "${env:TOKENKEEPER_ALERT_URL}" }\n  - { webhook: "${env:BASE}/good" }\n');
    await expect(told).rejects.toMatchObject({
      code: 'ReferenceUnresolved',
      message: '${env:TOKENKEEPER_ALERT_URL} is not set',
    });
    expect(received).toHaveLength(1);
  });

  it('never names the address or the secret', async () => {
    statusOf['/services/canary'] = 403;
    const refused: unknown = await notify('  - { webhook: "${env:BASE}/services/canary" }\n').catch(
      (error: unknown) => error,
    );
    expect(JSON.stringify([String(refused), refused])).not.toContain('canary');
    const unsigned: unknown = await notify('  - { webhook: "${env:BASE}/", secret: "${env:BASE}" }\n').catch(
      (error: unknown) => error,
    );
    expect(unsigned).toMatchObject({
      code: 'ConfigInvalid',
      message:
        'secret of notify[0]: is not what the driver takes (Signing secret of Standard Webhooks: whsec_ and the base64 of 24 to 64 bytes)',
    });
  });

  it('ends when it is cancelled', async () => {
    const told = notify('  - { webhook: "${env:BASE}/" }\n', notification, AbortSignal.abort());
    await expect(told).rejects.toMatchObject({ code: 'Cancelled' });
  });

  it('ends with the reason of the cancellation, where that is one of our errors', async () => {
    const reason = new TokenError('VaultUnavailable', 'the time was over');
    const told = notify('  - { webhook: "${env:BASE}/" }\n', notification, AbortSignal.abort(reason));
    await expect(told).rejects.toBe(reason);
  });

  it('reports an answer that takes too long as one that may still come', async () => {
    const late = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
    await expect(notify('  - { webhook: "${env:BASE}/" }\n', notification, late)).rejects.toMatchObject({
      code: 'SinkUnavailable',
      message: 'the webhook of notify: no answer in time',
    });
  });
});
