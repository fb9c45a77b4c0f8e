import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withCli, type Outcome } from '../support/cli.js';
import { startDenyingTemporal } from '../support/denying-temporal.js';
import { Authority, startTlsTemporal, type Certificate, type TlsTemporalOptions } from '../support/tls-temporal.js';

const bench = withCli({ worker: false });
const closings: (() => Promise<void>)[] = [];
let ours: Authority;
let server: Certificate;
let files: Record<'authority' | 'stranger' | 'client' | 'strangeClient', Record<'cert' | 'key', string>>;

beforeAll(async () => {
  ours = await Authority.create('ours');
  const theirs = await Authority.create('theirs');
  server = await ours.sign();
  files = {
    authority: await write('authority', ours.own),
    stranger: await write('stranger', theirs.own),
    client: await write('client', await ours.sign()),
    strangeClient: await write('strange-client', await theirs.sign()),
  };
});
afterAll(async () => {
  await Promise.all(closings.map((close) => close()));
});

async function write(name: string, { cert, key }: Certificate): Promise<{ cert: string; key: string }> {
  const paths = { cert: join(bench.folder, `${name}.pem`), key: join(bench.folder, `${name}.key`) };
  await Promise.all([writeFile(paths.cert, cert), writeFile(paths.key, key, { mode: 0o600 })]);
  return paths;
}

async function serve(options: TlsTemporalOptions): Promise<string> {
  const { address, close } = await startTlsTemporal(options);
  closings.push(close);
  return address;
}

interface Trust {
  readonly authority?: string;
  readonly client?: { readonly cert: string; readonly key: string };
}

function list(address: string, { authority = files.authority.cert, client }: Trust = {}): Promise<Outcome> {
  const env = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_TLS: 'true',
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority,
    ...(client && { TEMPORAL_TLS_CLIENT_CERT_PATH: client.cert, TEMPORAL_TLS_CLIENT_KEY_PATH: client.key }),
  };
  return bench.raw(['-c', bench.configFile, 'list'], { env });
}

function expectEnd(outcome: Outcome, code: number, message: string, remedy: RegExp): void {
  expect(outcome).toMatchObject({ code, stdout: '' });
  const [said, todo, ...rest] = outcome.stderr.split('\n');
  expect(said).toBe(`tokenkeeper: ${message}`);
  expect(todo).toMatch(remedy);
  expect(rest).toEqual(['']);
}

describe.concurrent.each(['TLSv1.2', 'TLSv1.3'] as const)('by %s', (version) => {
  it('a client certificate that the server knows gets through to it', async () => {
    const address = await serve({ certificate: server, clients: ours, version });
    const outcome = await list(address, { client: files.client });
    expectEnd(outcome, 4, `Temporal on ${address} does not accept the credentials (ServerRefused)`, /TEMPORAL_API_KEY/);
  });

  it('an authority that did not sign the server’s certificate is reported', async () => {
    const address = await serve({ certificate: server, version });
    const outcome = await list(address, { authority: files.stranger.cert });
    const why = 'is not trusted: unable to verify leaf signature';
    expectEnd(
      outcome,
      1,
      `the certificate of Temporal on ${address} ${why} (ServerUnavailable)`,
      /SERVER_CA_CERT_PATH/,
    );
  });

  it('a certificate for another name is reported', async () => {
    const address = await serve({ certificate: await ours.sign({ name: 'temporal.test' }), version });
    const message = `the certificate of Temporal on ${address} is not for localhost (ServerUnavailable)`;
    expectEnd(await list(address), 1, message, /TEMPORAL_TLS_SERVER_NAME/);
  });

  it('an expired server certificate is reported', async () => {
    const address = await serve({ certificate: await ours.sign({ isExpired: true }), version });
    const message = `the certificate of Temporal on ${address} has expired (ServerUnavailable)`;
    expectEnd(await list(address), 1, message, /renew it on the server/);
  });

  it('a server that closes the connection on our certificate without a reason is reported as far as possible', async () => {
    const address = await serve({ certificate: server, clients: ours, version });
    const outcome = await list(address, { client: files.strangeClient });
    const [code, when, name] =
      version === 'TLSv1.3' ? [4, 'after', 'seems to', 'ServerRefused'] : [1, 'during', 'may', 'ServerUnavailable'];
    expect(outcome).toMatchObject({ code });
    expect(outcome.stderr).toContain(`hangs up ${when} the TLS handshake: it ${name} refuse our client certificate`);
  });

  it('a server that requires TLS is reported where none is configured', async () => {
    const address = await serve({ certificate: server, clients: ours, version });
    const outcome = await bench.raw(['-c', bench.configFile, 'list'], { env: { TEMPORAL_ADDRESS: address } });
    expectEnd(outcome, 1, `${address} speaks TLS, and none is configured (ServerUnavailable)`, /TEMPORAL_TLS=true/);
  });
});

// Alone: all at once the others take a busy machine's time from it.
it.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'by %s a client certificate that is demanded and lacks ends with 4, at once',
  async (version) => {
    const address = await serve({ certificate: server, clients: ours, version });
    const start = Date.now();
    const outcome = await list(address);
    expectEnd(outcome, 4, `Temporal on ${address} demands a client certificate (ServerRefused)`, /CLIENT_CERT_PATH/);
    expect(Date.now() - start, 'ms; gRPC alone takes ten seconds').toBeLessThan(9_000);
  },
);

it('a server without TLS is reported where TLS is configured', async () => {
  const plain = await startDenyingTemporal();
  closings.push(() => plain.close());
  const address = plain.address.replace('127.0.0.1', 'localhost'); // an IP address as a server's name makes Node warn
  const outcome = await list(address);
  expectEnd(outcome, 1, `${address} does not speak TLS (ServerUnavailable)`, /TEMPORAL_TLS=false/);
});

it('a key that is not the certificate’s is reported, and neither is shown', async () => {
  const client = { cert: files.client.cert, key: files.strangeClient.key };
  const address = await serve({ certificate: server, clients: ours, version: 'TLSv1.3' });
  const message = 'the certificate for Temporal cannot be used, or the key is not its own (ConfigInvalid)';
  expectEnd(await list(address, { client }), 1, message, /PEM/);
});
