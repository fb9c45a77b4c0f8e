import { DefaultLogger, Runtime } from '@temporalio/worker';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { inFreshArena } from './arena.js';
import { measureInTurn, type Pair } from './compare.js';
import { measureHotToken } from './hot-token.js';
import { renderReport, type Results } from './report.js';
import type { Kind } from './loops.js';
import { runScenario, type Figures, type Load } from './scenario.js';
import { runStorm, type StormFigures } from './storm.js';

const quick = process.argv.includes('--quick');

/** Runs every comparison in one go and writes docs/performance.md. */
async function main(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const report = renderReport(await measureAll());
  console.log(report);
  if (!quick) await writeFile(resolve('docs/performance.md'), report);
}

async function measureAll(): Promise<Results> {
  const windowMs = quick ? 14_000 : 20_000;
  const tokens = quick ? 400 : 2_000;
  // Flat out: more is due than either loop can do, but no token waits longer than its lifetime.
  const calm: Load = { tokens: 60, periodMs: 6_000, windowMs };
  const flatOut: Load = { tokens: quick ? 600 : 900, periodMs: 5_000, windowMs };
  const realCalm: Load = { tokens: 24, periodMs: 6_000, windowMs };
  const realFlatOut: Load = { tokens: quick ? 300 : 450, periodMs: 5_000, windowMs };
  return {
    // What little work there is a second makes its CPU the figure that varies most.
    calm: await compare(['bare', 'memory'], calm, quick ? 1 : 2),
    flatOut: await compare(['bare', 'memory'], flatOut),
    forced: await compare(['bare', 'memory'], { ...calm, forced: true }),
    unlisted: await scenario('memory', { ...calm, unlisted: true }),
    failing: await scenario('memory', { ...calm, failing: true }),
    revoking: await scenario('memory', { ...calm, revoke: true }),
    realCalm: await compare(['hand', 'real'], realCalm),
    limits: await measureInTurn({
      hand: () => scenario('hand', realFlatOut),
      real: () => scenario('real', realFlatOut),
      fewest: () => scenario('fewest', realFlatOut),
      free: () => scenario('memory', { ...flatOut, revoke: true }),
    }),
    storm: { tokens, bare: await storm('bare', tokens), ours: await storm('memory', tokens) },
    hot: await measureHotToken(),
    loads: { calm, flatOut, realCalm, realFlatOut },
  };
}

function compare([base, ours]: readonly [Kind, Kind], load: Load, rounds?: number): Promise<Pair> {
  return measureInTurn({ base: () => scenario(base, load), ours: () => scenario(ours, load) }, rounds);
}

async function scenario(kind: Kind, load: Load): Promise<Figures> {
  process.stderr.write(`${kind}: ${load.tokens} tokens every ${load.periodMs / 1000} s … `);
  const figures = await inFreshArena((arena) => runScenario(arena, kind, load));
  process.stderr.write(`${figures.rotationsPerS.toFixed(1)} rotations/s\n`);
  return figures;
}

const storm = (kind: Kind, tokens: number): Promise<StormFigures> =>
  inFreshArena((arena) => runStorm(arena, kind, tokens));

await main();
