import { expect, it } from 'vitest';
import { withCli, type RunningCommand } from '../support/cli.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli();
const [fine, other] = [bench.key('fine'), bench.key('other')];

/** Ctrl-C, once the command has said that on stderr. */
async function stopAfter(command: RunningCommand, words: string): Promise<unknown> {
  await waitFor(() => Promise.resolve(command.stderr()), { limitMs: 60_000, until: (said) => said.includes(words) });
  command.stop();
  const { code, stdout } = await command.ended;
  expect(code).toBe(130);
  return JSON.parse(stdout);
}

it('apply -o json that is ended by Ctrl-C tells what it has applied', async () => {
  await bench.declare({ [fine]: { issuer: 'idp', sinks: ['files'] }, [other]: { issuer: 'idp', sinks: ['broken'] } });
  const rows = await stopAfter(
    bench.start(['apply', '--wait', '--timeout', '5m', '-o', 'json']),
    '2 tokens: 2 started',
  );
  expect(rows).toEqual([fine, other].map((key) => ({ key, action: 'started', left: [], error: null })));
}, 120_000);

it('rotate -o json that is ended by Ctrl-C tells what it has rotated', async () => {
  const command = bench.start(['rotate', fine, other, '--wait', '--timeout', '5m', '-o', 'json']);
  expect(await stopAfter(command, `${fine} gen `)).toMatchObject([{ key: fine }]);
}, 120_000);

it('upgrade -o json that is ended by Ctrl-C tells which runs it has moved', async () => {
  const command = bench.start(['upgrade', fine, other, '--force', '--per-minute', '1', '-o', 'json']);
  expect(await stopAfter(command, 'asked for a new run')).toMatchObject([{ key: fine, action: 'asked' }]);
}, 120_000);
