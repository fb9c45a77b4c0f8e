import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { workflowIdOf } from '../../src/core/key.js';
import { signalNames, workflowType } from '../../src/core/names.js';
import { startToken, startWorker, statusOf, tokenSpec } from '../support/lifecycle.js';
import { Bench } from '../support/lifecycle-bench.js';
import { SecretScan } from '../support/secret-scan.js';
import { lookAtWorkflows } from '../support/secret-scan-temporal.js';
import { bundleOnce, uniqueName, withTemporal } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const temporal = withTemporal();
const taskQueue = uniqueName('scan');
const bench = new Bench();
let worker: { stop(): Promise<void> };

beforeAll(async () => {
  const { nativeConnection: connection, namespace } = temporal();
  worker = await startWorker({ connection, namespace, taskQueue, workflowBundle: await bundleOnce(), bench });
});

afterAll(() => worker.stop());

/** Labels of what was found, with the places. */
async function find(scan: SecretScan, prefix: string): Promise<Map<string, string[]>> {
  await lookAtWorkflows(scan, temporal().client, prefix, 1);
  const found = new Map<string, string[]>();
  for (const { secret, place } of scan.find()) found.set(secret, [...(found.get(secret) ?? []), place]);
  return found;
}

it('a canary is found wherever a client can put one into a workflow', async () => {
  const { client } = temporal();
  const prefix = uniqueName('canary');
  const scan = new SecretScan();
  const plant = (label: string): string => {
    const canary = `canary-${label}-7f3a91c0d4`;
    scan.addSecret(label, canary);
    return canary;
  };
  const labels = ['input', 'memo', 'search attribute', 'summary', 'details', 'signal', 'termination'];
  // Nobody works on this queue: what is planted stays as it was sent.
  const handle = await client.workflow.start(workflowType, {
    taskQueue: uniqueName('nobody'),
    workflowId: workflowIdOf('test/token', prefix),
    args: [{ deep: [{ inside: Buffer.from(plant('input')).toString('base64') }] }],
    memo: { note: encodeURIComponent(plant('memo')) },
    staticSummary: plant('summary'),
    staticDetails: Buffer.from(plant('details')).toString('hex'),
    typedSearchAttributes: [
      {
        key: defineSearchAttributeKey('TokenKeeperOwner', SearchAttributeType.KEYWORD),
        value: plant('search attribute'),
      },
    ],
  });
  await handle.signal(signalNames.rotate, { requestId: 'one', reason: plant('signal') });
  await handle.terminate(plant('termination'));
  expect([...(await find(scan, prefix)).keys()].toSorted()).toEqual(labels.toSorted());
});

it('what an activity failed with is found in its history, in the description, the status and the current details', async () => {
  const { client } = temporal();
  const scan = new SecretScan();
  // As if these words of an error were a secret.
  scan.addSecret('failure', 'the issuer was told to fail');
  bench.issuerError = 'ProviderRefused';
  const environment = uniqueName('scan');
  const spec = tokenSpec({ key: `${environment}/token` });
  const handle = await startToken(client, taskQueue, spec);
  await waitFor(() => statusOf(handle), { limitMs: 45_000, until: ({ problem }) => problem !== null });
  const found = await find(scan, `tokenkeeper/${environment}`);
  await handle.terminate('the test is over');
  const places = found.get('failure') ?? [];
  for (const place of ['event', 'status', 'current details']) {
    expect(
      places.some((one) => one.includes(`${handle.workflowId}, ${place}`)),
      place,
    ).toBe(true);
  }
});
