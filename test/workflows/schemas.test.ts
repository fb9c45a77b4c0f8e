import { readdir, readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { paintFor } from '../../src/cli/terminal/paint.js';
import { clockTroubleOf } from '../../src/cli/views/clock.js';
import { statusJson } from '../../src/cli/views/status-json.js';
import { statusLines } from '../../src/cli/views/status.js';
import type { Ask } from '../../src/core/lifecycle/events.js';
import { inputVersion, stateFrom, type LifecycleInput } from '../../src/core/lifecycle/input.js';
import { currentOf, parseRecord, recordVersion, referenceTo, type VaultRecord } from '../../src/core/record/record.js';
import { admit } from '../../src/core/lifecycle/requests.js';
import { newestRules, rulesOf } from '../../src/core/lifecycle/rules.js';
import type { Status } from '../../src/core/lifecycle/status.js';
import { initialState, stateVersion, type LifecycleState } from '../../src/core/lifecycle/state.js';
import { tokenSpec } from '../support/lifecycle.js';
import { withDevTokens } from '../support/lifecycle-dev.js';
import { waitFor } from '../support/wait-for.js';
import { statesAt } from './states.js';

const folder = new URL('fixtures/', import.meta.url);
const versions = (await readdir(folder)).toSorted();

async function fixture<T>(version: string, name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`${version}/${name}.json`, folder), 'utf8')) as T;
}

/** Fields of the newest state that an upgraded one lacks. */
const missingIn = (state: LifecycleState): string[] =>
  Object.keys(initialState(state.spec, 1)).filter((name) => !(name in state));

it('every version that was released has its fixtures', () => {
  expect(versions).toEqual(Array.from({ length: inputVersion }, (_, index) => `v${index + 1}`));
});

describe.each(versions)('what %s wrote', (version) => {
  it('as workflow input starts a lifecycle', async () => {
    const input = await fixture<LifecycleInput>(version, 'input');
    const state = stateFrom(input);
    expect(missingIn(state)).toEqual([]);
    expect(state).toMatchObject({ v: stateVersion, runs: 1, phase: 'adopting', spec: { key: input.spec.key } });
  });

  it('as state of a continued run keeps everything that it knew', async () => {
    const input = await fixture<LifecycleInput>(version, 'continued');
    const state = stateFrom(input);
    const before = input.carried!.state;
    expect(missingIn(state)).toEqual([]);
    expect(state).toMatchObject({ ...before, v: stateVersion, rotationsInRun: 0, runs: before.runs + 1 });
    expect(rulesOf(input.rules)).toBeDefined();
  });

  it('as a record is read', async () => {
    const written = await fixture<VaultRecord>(version, 'record');
    const record = parseRecord(JSON.stringify(written), written.key, written.vaultId);
    expect(Object.keys(record).toSorted()).toEqual(Object.keys(written).toSorted());
    expect(referenceTo(record, currentOf(record)!)).toEqual(await fixture(version, 'reference'));
  });

  it('as the answer to a status query is shown by a newer command line', async () => {
    const answer = await fixture<Status>(version, 'status');
    const status = { ...answer, workflowId: 'w', runId: 'r', pending: [] };
    const paint = paintFor(new PassThrough(), {});
    const view = { now: answer.current!.issuedAt, paint, uiUrl: null, credentialExpiresAt: null };
    expect(statusLines(status, view)[0]).toContain(`${answer.key}  ${answer.state}`);
    expect(statusJson(status)).toMatchObject({ key: answer.key, generation: answer.generation });
    expect(clockTroubleOf(status)).toBeNull();
  });

  it('as requests is understood', async () => {
    const requests = await fixture<Record<Ask['verb'], Ask['request']>>(version, 'requests');
    const input = await fixture<LifecycleInput>(version, 'continued');
    const state = { ...statesAt(Date.UTC(2027, 0, 1)).healthy, spec: input.spec };
    const answers = Object.entries(requests).map(([verb, request]) => {
      return `${verb} ${admit(state, { verb, request } as Ask, Date.UTC(2027, 0, 1)).outcome}`;
    });
    const coalesced = ['resume'];
    expect(answers).toEqual(
      Object.keys(requests).map((verb) => `${verb} ${coalesced.includes(verb) ? 'coalesced' : 'accepted'}`),
    );
  });
});

describe('what a newer version wrote', () => {
  it('as a record is left alone', () => {
    const record = { v: recordVersion + 1, key: 'test/token', generations: [] };
    expect(() => parseRecord(JSON.stringify(record), 'test/token', 'v1')).toThrow(
      expect.objectContaining({ code: 'VaultNewer' }),
    );
  });

  const { keep } = withDevTokens();
  const spec = () => tokenSpec();
  const newer: [name: string, input: Partial<LifecycleInput>, message: string][] = [
    ['input', { v: inputVersion + 1 }, 'workflow input version'],
    ['rules', { rules: newestRules + 1 }, 'does not know rules'],
    [
      'state',
      { carried: { state: { ...initialState(spec(), 1), v: stateVersion + 1 }, published: '' } },
      'workflow state version',
    ],
  ];
  it.each(newer)(
    'as workflow %s fails the task, never the workflow: a newer worker takes it',
    async (_name, input, message) => {
      const { bench, handle } = await keep(spec(), { input });
      const failed = await waitFor(
        async () => {
          const { events } = await handle.fetchHistory();
          return events?.find((event) => event.workflowTaskFailedEventAttributes != null);
        },
        { limitMs: 45_000 },
      );
      expect(failed.workflowTaskFailedEventAttributes?.failure?.message).toContain(message);
      expect((await handle.describe()).status.name).toBe('RUNNING');
      expect(bench.issues).toEqual([]);
    },
  );
});
