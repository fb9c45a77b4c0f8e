import { once } from 'node:events';
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withCli, type Outcome } from '../support/cli.js';

const bench = withCli({ worker: false });
const key = 'a/b';
/** gRPC over HTTP/2 as Temporal Cloud answers a key that it does not know; the codes of https://grpc.github.io/grpc/core/md_doc_statuscodes.html. */
let status = 16;
let seen: string[] = [];
let server: Http2Server;

beforeAll(async () => {
  server = createServer();
  server.on('stream', (stream, headers) => {
    seen.push(String(headers.authorization));
    // An answer that is trailers only ends with its headers.
    stream.respond(
      { 'content-type': 'application/grpc', 'grpc-status': status, 'grpc-message': 'no' },
      { endStream: true },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

function at(...argv: readonly string[]): Promise<Outcome> {
  seen = [];
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  // What an API key becomes on its way; a key itself goes by TLS only.
  const env = { TEMPORAL_ADDRESS: address, TEMPORAL_GRPC_META_AUTHORIZATION: 'Bearer an-api-key-that-is-wrong' };
  return bench.raw(['-c', bench.configFile, ...argv], { env });
}

it.each([
  { name: 'UNAUTHENTICATED', code: 16 },
  { name: 'PERMISSION_DENIED', code: 7 },
])(
  'a server that answers $name ends every command with 4 and a word on what to do, and the key is not told',
  async ({ code }) => {
    status = code;
    for (const argv of [['list'], ['status', key], ['rotate', key], ['apply'], ['plan'], ['upgrade', '--all']]) {
      const outcome = await at(...argv);
      expect({ argv, ...outcome }).toMatchObject({ argv, code: 4, stdout: '' });
      expect(outcome.stderr).toMatch(
        /^tokenkeeper: Temporal .*\ndo: set TEMPORAL_API_KEY or TLS certificates, or .*\n$/,
      );
      expect(outcome.stderr).not.toContain('an-api-key');
      expect(seen).toContain('Bearer an-api-key-that-is-wrong');
    }
  },
  60_000,
);
