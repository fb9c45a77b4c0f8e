import { cpus } from 'node:os';
import type { Compared, Pair } from './compare.js';
import type { Figures, Load } from './scenario.js';
import type { StormFigures } from './storm.js';

export interface Results {
  readonly calm: Pair;
  readonly flatOut: Pair;
  readonly forced: Pair;
  readonly failing: Figures;
  readonly unlisted: Figures;
  readonly revoking: Figures;
  readonly realCalm: Pair;
  /**
   * With revoke, flat out: by hand, ours, the hand-written work in the fewest steps, and ours with in-memory drivers under the load of
   * `flatOut`.
   */
  readonly limits: Compared<'hand' | 'real' | 'fewest' | 'free'>;
  readonly storm: { readonly tokens: number; readonly bare: StormFigures; readonly ours: StormFigures };
  readonly hot: { readonly withTokenUs: number; readonly bareUs: number };
  readonly loads: { readonly calm: Load; readonly flatOut: Load; readonly realCalm: Load; readonly realFlatOut: Load };
}

const n = (value: number, digits = 1): string => value.toFixed(digits);

/** docs/performance.md: all figures come from one run. */
export function renderReport(results: Results): string {
  const { calm, flatOut, forced, failing, unlisted, revoking, realCalm, limits, storm, hot, loads } = results;
  const { hand, real, fewest, free, spread } = limits;
  const realFlatOut = { base: hand, ours: real, spread };
  const limit = limitFrom(hand);
  return `# Performance

Written by \`npm run bench\` on ${cpus().length} cores, Node ${process.versions.node}, in-memory development servers on the same machine, one a measurement.
Ratios compare what ran in one run; single figures depend on the machine. Loops that are compared were measured twice, in turn and back (A B B A;
against the bare loop below saturation: four times), and the figures are means.

## What a rotation costs

Two sinks, from histories, below saturation. Billable actions: activities, timers, signals, updates, search-attribute upserts.

| loop | events | actions | rotations/s | worker CPU, ms | server CPU, ms |
|---|---|---|---|---|---|
${cost('bare: timer, signal, query, two activities that do nothing', calm.base)}
${cost('bare, woken by a signal', forced.base)}
${cost('tokenkeeper, timer-driven, the old one dies by itself', calm.ours)}
${cost('… without search attributes, which nothing else here writes', unlisted)}
${cost('tokenkeeper, forced by a signal', forced.ours)}
${cost('tokenkeeper, one sink down', failing)}
${cost('tokenkeeper, the old one is revoked after its grace', revoking)}
${cost('written by hand, an activity a step, with revoke (real drivers)', realCalm.base)}
${cost('tokenkeeper, with revoke (real drivers)', realCalm.ours)}

## Against the floor: the bare loop, drivers in memory

${table('bare loop', [
  [`below saturation: ${describe(loads.calm)}`, calm],
  [`flat out: ${describe(loads.flatOut)}`, flatOut],
])}

${spreadWords(calm, flatOut)}

## Against a loop written by hand, same work, same oidc-provider

Issue, store with fsync, verify by introspection, two file sinks with fsync, revoke after the same grace. Ours adds the encrypted vault, the intent before the call,
read-back of sinks, marks of ownership.

${table('by hand', [
  [`below saturation: ${describe(loads.realCalm)}`, realCalm],
  [`flat out: ${describe(loads.realFlatOut)}`, realFlatOut],
])}

${spreadWords(realCalm, realFlatOut)}

What the server pays is a matter of events: ${perEvent(realCalm.base)} ms of its CPU an event by hand, ${perEvent(realCalm.ours)} ms an event here. The two
histories are ${n(realCalm.base.eventsPerRotation / realCalm.ours.eventsPerRotation, 2)} to 1: at one price an event that saves ${percent(1 - realCalm.ours.eventsPerRotation / realCalm.base.eventsPerRotation)} of the server's CPU.

How far this could go, each flat out and with revoke, against the loop by hand:

| loop | rotations/s | times by hand | worker CPU, ms | server CPU, ms |
|---|---|---|---|---|
${limit('by hand', hand)}
${limit('tokenkeeper', real)}
${limit('the floor with work', fewest)}
${limit('tokenkeeper without work', free)}

The floor with work: the activities written by hand, those of a rotation as one; two timers and two activities (${n(fewest.eventsPerRotation, 0)} events) are the fewest
that the grace allows, local activities aside, in which nothing must be issued: their attempts leave no trace. It keeps no intent, encrypts
nothing, reads nothing back and issues one more token on every failure, so nobody should run it. Without work: drivers in memory, no
provider, no encryption, no disk (${describe(loads.flatOut)}).

## ${storm.tokens} tokens due in the same second

| | bare loop | tokenkeeper | ratio |
|---|---|---|---|
| last one done, s | ${n(storm.bare.lastDoneS)} | ${n(storm.ours.lastDoneS)} | ${n(storm.ours.lastDoneS / storm.bare.lastDoneS, 2)} |
| worker CPU a rotation, ms | ${n(storm.bare.workerCpuMs)} | ${n(storm.ours.workerCpuMs)} | ${n(storm.ours.workerCpuMs / storm.bare.workerCpuMs, 2)} |
| worker memory with all asleep, MB | ${n(storm.bare.sleepingMemoryMb, 0)} | ${n(storm.ours.sleepingMemoryMb, 0)} | ${n(storm.ours.sleepingMemoryMb / storm.bare.sleepingMemoryMb, 2)} |

## withToken on a hot token

${n(hot.withTokenUs, 2)} µs a call, ${n(hot.withTokenUs - hot.bareUs, 2)} µs more than the job's own promise.
`;
}

const percent = (share: number): string => `${n(100 * share, 0)} %`;

function cost(title: string, figures: Figures): string {
  const { eventsPerRotation, actionsPerRotation, rotationsPerS, workerCpuMs, serverCpuMs } = figures;
  const cells = [eventsPerRotation, actionsPerRotation, rotationsPerS, workerCpuMs, serverCpuMs].map((cell) => n(cell));
  return `| ${[title, ...cells].join(' | ')} |`;
}

/** A row that compares a loop with the hand-written one. */
const limitFrom =
  (base: Figures) =>
  (title: string, figures: Figures): string => {
    const { rotationsPerS, workerCpuMs, serverCpuMs } = figures;
    const cells = [n(rotationsPerS), n(rotationsPerS / base.rotationsPerS, 2), n(workerCpuMs), n(serverCpuMs)];
    return `| ${[title, ...cells].join(' | ')} |`;
  };

const perEvent = ({ serverCpuMs, eventsPerRotation }: Figures): string => n(serverCpuMs / eventsPerRotation, 2);

const describe = (load: Load): string => `${load.tokens} tokens every ${load.periodMs / 1000} s`;

const spreadWords = (calm: Pair, flatOut: Pair): string =>
  `Measurements of one loop: up to ${percent(calm.spread)} apart below saturation, up to ${percent(flatOut.spread)} flat out.`;

function table(base: string, rows: readonly (readonly [string, Pair])[]): string {
  const lines = rows.flatMap(([title, pair]) => [
    row(`${title}: rotations/s`, pair, 'rotationsPerS'),
    row('… worker CPU a rotation, ms', pair, 'workerCpuMs'),
    row('… server CPU a rotation, ms', pair, 'serverCpuMs'),
  ]);
  return [`| | ${base} | tokenkeeper | ratio |`, '|---|---|---|---|', ...lines].join('\n');
}

function row(title: string, { base, ours }: Pair, figure: 'rotationsPerS' | 'workerCpuMs' | 'serverCpuMs'): string {
  return `| ${title} | ${n(base[figure])} | ${n(ours[figure])} | ${n(ours[figure] / base[figure], 2)} |`;
}
