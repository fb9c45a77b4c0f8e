import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withCli } from '../support/cli.js';
import { waitFor } from '../support/wait-for.js';
import { Receiver, receiverSecret } from '../support/sink-receiver.js';

const bench = withCli();
const key = bench.key('crm');
let receiver: Receiver;

beforeAll(async () => {
  receiver = await Receiver.start();
  await writeFile(join(bench.folder, 'hook'), receiverSecret, { mode: 0o600 });
  const sinks = {
    files: { driver: 'file', root: 'run', holdsFor: '40s' },
    hook: { driver: 'webhook', url: receiver.url, secret: '${file:hook}' },
  };
  await bench.declare({ [key]: { issuer: 'idp', sinks: ['files', 'hook'] } }, { sinks });
  await bench.tokenkeeper(['apply']);
  // The worker takes the new connections when it sees the file; before, it refuses what names them.
  await waitFor(() => bench.tokenkeeper(['rotate', key, '--wait']), {
    limitMs: 50_000,
    until: ({ code }) => code === 0,
  });
});
afterAll(() => receiver.close());

it('status distinguishes a sink that was read back from one that cannot be read', async () => {
  const { stdout } = await bench.tokenkeeper(['status', key]);
  expect(stdout).toMatch(/ {2}files {11}gen 1 {2}read back\n/);
  expect(stdout).toMatch(/ {2}hook {12}gen 1 {2}acknowledged\n/);
  const { sinks } = await bench.status(key);
  expect(sinks.map(({ sink, readBack }) => ({ sink, readBack }))).toEqual([
    { sink: 'files', readBack: true },
    { sink: 'hook', readBack: false },
  ]);
});

it('a look at the sinks sees what stands there, and takes the word of the other still', async () => {
  await bench.tokenkeeper(['deliver', key]);
  const { sinks } = await bench.status(key);
  expect(sinks.map(({ readBack }) => readBack)).toEqual([true, false]);
});

it('rotate --wait counts what was read back, and says when and why the old one is revoked', async () => {
  const { stdout } = await bench.tokenkeeper(['rotate', key, '--wait', '--timeout', '1m']);
  const [ticks, sum] = stdout.split('\n');
  expect(ticks).toMatch(
    /^✓ preflight vault {2}✓ issued gen 2 {2}✓ verified \(.+\) {2}✓ promoted {2}✓ delivered 2\/2, 1 read back$/,
  );
  expect(sum).toMatch(
    new RegExp(
      `^${key} gen 1 → 2 in [\\d.]+ s, by \\S+; gen 1 is revoked at \\d\\d:\\d\\d:\\d\\dZ \\(grace 1s, holdsFor 40s\\)$`,
    ),
  );
});

it('status tells what the receiver says now, not what it said at first', async () => {
  receiver.script.push({ status: 500 });
  receiver.otherwise = { status: 302, headers: { location: 'http://127.0.0.1/' } };
  try {
    await bench.tokenkeeper(['rotate', key]);
    await waitFor(async () => (await bench.tokenkeeper(['status', key])).stdout, {
      limitMs: 50_000,
      until: (stdout) => / {2}hook .* answered 302, redirects are not followed \(SinkRefused\)/.test(stdout),
    });
  } finally {
    receiver.otherwise = { status: 204 };
  }
});
