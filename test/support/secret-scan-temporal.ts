import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { statusQueryName } from '../../src/core/names.js';
import type { SecretScan } from './secret-scan.js';
import { waitFor } from './wait-for.js';

/** How much of a prefix's workflows was read. */
export interface Looked {
  /** Runs, those before a continue-as-new, reset or termination, too. */
  readonly runs: number;
  readonly events: number;
  readonly payloads: number;
}

/**
 * Adds everything that Temporal keeps of a prefix's workflows to the scan: each event of each run with its payloads decoded (inputs,
 * results, failures, heartbeats, headers, memo, search attributes, summaries), the descriptions, and for running ones the current details
 * and the status.
 * @param workflows - how many are expected, because visibility is late
 */
export async function lookAtWorkflows(
  scan: SecretScan,
  client: Client,
  prefix: string,
  workflows: number,
): Promise<Looked> {
  const query = `WorkflowId STARTS_WITH "${prefix}/"`;
  const runs = await waitFor(() => runsOf(client, query, workflows), {
    limitMs: 45_000,
    until: ({ length }) => length > 0,
    describe: `${workflows} workflows with their newest runs`,
  });
  const looked = await Promise.all(runs.map((run) => lookAtRun(scan, client, run)));
  return {
    runs: runs.length,
    events: sum(looked.map(({ events }) => events)),
    payloads: sum(looked.map(({ payloads }) => payloads)),
  };
}

/** @throws Error where visibility does not show so many workflows yet, or not the newest run of one */
async function runsOf(client: Client, query: string, workflows: number): Promise<WorkflowExecutionInfo[]> {
  const runs: WorkflowExecutionInfo[] = [];
  for await (const run of client.workflow.list({ query })) runs.push(run);
  const ids = new Set(runs.map(({ workflowId }) => workflowId));
  if (ids.size < workflows) throw new Error(`${ids.size} workflows`);
  for (const id of ids) {
    const { runId } = await client.workflow.getHandle(id).describe();
    if (!runs.some((run) => run.runId === runId)) throw new Error(`${id} without its newest run`);
  }
  return runs;
}

async function lookAtRun(scan: SecretScan, client: Client, { workflowId, runId }: WorkflowExecutionInfo) {
  const place = `workflow ${workflowId}`;
  const handle = client.workflow.getHandle(workflowId, runId);
  const { events } = await handle.fetchHistory();
  for (const event of events ?? []) scan.addTextsOf(`${place}, event ${event.eventId?.toString() ?? '?'}`, event);
  const { raw, status } = await handle.describe();
  scan.addTextsOf(`${place}, description`, raw);
  // Not the listed status: visibility may still show a terminated workflow as running.
  if (status.name === 'RUNNING') {
    // A worker that was just started is not known to the server yet.
    const ask = (query: string): Promise<unknown> =>
      waitFor(() => handle.query(query, { now: Date.now() }), { limitMs: 45_000, until: () => true, describe: query });
    scan.addTextsOf(`${place}, current details`, await ask('__temporal_workflow_metadata'));
    scan.addTextsOf(`${place}, status`, await ask(statusQueryName));
  }
  return { events: events?.length ?? 0, payloads: countPayloads(events) };
}

function countPayloads(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0;
  const isPayload = 'data' in value && value.data instanceof Uint8Array;
  return (isPayload ? 1 : 0) + sum(Object.values(value).map(countPayloads));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
