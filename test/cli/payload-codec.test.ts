import { Client, Connection } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { silentLog } from '../../src/drivers.js';
import { readConfig } from '../../src/read-config.js';
import { createWorkerHost, type WorkerHost } from '../../src/worker.js';
import { withCli } from '../support/cli.js';
import { bundleOnce } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli({ worker: false });
const key = bench.key('encoded');
const { address, namespace } = inject('temporal');
const encoding = Buffer.from('binary/mirrored');
const mirrored = (data: Payload['data']): Uint8Array => Uint8Array.from(data ?? []).toReversed();

/** As an encrypting one: what it makes is readable only with it. What it did not make it leaves as it is. */
const codec: PayloadCodec = {
  encode: async (payloads) =>
    payloads.map(({ metadata, data }) => ({
      metadata: { ...metadata, encoding, was: metadata?.['encoding'] ?? Buffer.alloc(0) },
      data: mirrored(data),
    })),
  decode: async (payloads) =>
    payloads.map((payload) => {
      const { encoding: how, was, ...metadata } = payload.metadata ?? {};
      if (was === undefined || !encoding.equals(how ?? Buffer.alloc(0))) return payload;
      return { metadata: { ...metadata, encoding: was }, data: mirrored(payload.data) };
    }),
};

let connection: Connection;
let keeper: TokenKeeperClient;
let host: WorkerHost;
let running: Promise<void>;

beforeAll(async () => {
  await bench.declare({ [key]: { issuer: 'idp', sinks: ['files'] } });
  host = await createWorkerHost({
    paths: [bench.configFile],
    taskQueue: bench.environment,
    log: silentLog,
    connect: { address, namespace },
    worker: { workflowBundle: await bundleOnce(), dataConverter: { payloadCodecs: [codec] } },
  });
  running = host.run();
  connection = await Connection.connect({ address });
  keeper = new TokenKeeperClient({
    client: new Client({ connection, namespace, dataConverter: { payloadCodecs: [codec] } }),
    taskQueue: bench.environment,
    prefix: bench.environment,
    searchAttributes: null,
  });
});
afterAll(async () => {
  await keeper.handle(key).terminate();
  host.shutdown();
  await running;
  await connection.close();
});

it('a client with the codec of the worker starts, changes and reads tokens', async () => {
  const { config } = await readConfig([bench.configFile]);
  expect(await keeper.apply(config.tokens[0]!)).toBe('started');
  await waitFor(() => keeper.status(key), {
    limitMs: 60_000,
    until: ({ generation, acknowledged }) => generation === 1 && acknowledged === 1,
  });
  expect(await keeper.rotateNow(key, 1)).toMatchObject({ status: 'rotated', generation: 2 });
  await expect(keeper.acknowledge(key, 'nowhere', 2)).rejects.toMatchObject({ refusal: 'UnknownSink', generation: 2 });
  const [started] = (await keeper.handle(key).fetchHistory()).events ?? [];
  const [input] = started?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  expect(Buffer.from(input?.metadata?.['encoding'] ?? []).toString()).toBe('binary/mirrored');
});

const words = 'the answer is encoded by a payload codec that this client does not have (ConfigInvalid)\n';

it.each([['status', key], ['plan'], ['apply'], ['rotate', key, '--wait'], ['pause', key], ['deliver', key]])(
  '%s without the codec says so',
  async (...argv) => {
    const { code, stderr } = await bench.tokenkeeper(argv);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(words) });
    expect(stderr).toContain('do: give TokenKeeperClient a client with the data converter of the worker; ');
  },
);

it('doctor says so once, and list needs none', async () => {
  const { code, stdout } = await bench.tokenkeeper(['doctor']);
  expect({ code, found: stdout.split(words).length - 1 }).toEqual({ code: 1, found: 1 });
  await bench.indexed(key);
  expect((await bench.tokenkeeper(['list'])).stdout).toContain(key);
});
