import { expect, it } from 'vitest';
import { withCli } from '../support/cli.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli();

it('exec kills a program that ignores SIGTERM ten seconds after a renewal, and starts it with the new value', async () => {
  const key = bench.key('stubborn');
  await bench.declare({ [key]: { issuer: 'idp' } });
  await bench.tokenkeeper(['apply', '--wait']);
  const code =
    'let told = 0; process.on("SIGTERM", () => (told++ === 0 ? console.log("no", Date.now()) : process.exit(3)));' +
    'console.log("start", Date.now()); setInterval(() => {}, 1000)';
  const argv = ['exec', '--on-renewal', 'restart', '-t', key, '--', process.execPath, '-e', code];
  const running = bench.start(argv);
  const startsOf = (): number[] => [...running.said().matchAll(/start (\d+)/g)].map(([, at]) => Number(at));
  await waitFor(() => startsOf().length === 1, { limitMs: 45_000 });
  await bench.tokenkeeper(['rotate', key, '--wait']);
  await waitFor(() => startsOf().length === 2, { limitMs: 45_000 });
  const refusedAt = Number(/no (\d+)/.exec(running.said())?.[1]);
  expect(startsOf()[1]! - refusedAt).toBeGreaterThanOrEqual(9_900);
  running.stop('SIGTERM');
  await waitFor(() => running.said().split('no ').length === 3, { limitMs: 45_000 });
  running.stop('SIGTERM');
  expect((await running.ended).code).toBe(3);
}, 120_000);
