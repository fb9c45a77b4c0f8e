import type { Outcomes } from '../../demo/provider/counts.js';
import type { Finding } from './secret-scan.js';
import type { TestTemporal } from './temporal.js';
import { tokenA, tokenD, World } from './e2e-world.js';
import type { Kill, KillPoint, TestProcess } from './worker-process-control.js';

/** Every point at which a worker can die, in the order in which a rotation passes them. */
export const killPoints = [
  'before-begin',
  'after-begin',
  'before-send',
  'after-response',
  'after-stage',
  'after-verify',
  'after-promote',
  'before-sink',
  'before-rename',
  'after-rename',
  'after-sink',
  'before-completion',
] as const satisfies readonly KillPoint[];

/** Kills that one token must survive, one worker after the other. */
export interface Ordeal {
  /** `A`: re-mintable; `D`: a refresh token that dies when it is used. */
  readonly reissue: 'A' | 'D';
  /** During its first issue. */
  readonly atFirst?: readonly Kill[];
  /** During the rotation after it. */
  readonly atRotation?: readonly Kill[];
}

/** The name of its test. */
export function nameOf({ reissue, atFirst = [], atRotation = [] }: Ordeal): string {
  const list = (kills: readonly Kill[]): string =>
    kills.map(({ point, nth }) => (nth === 1 ? point : `${point} (${nth})`)).join(', then at ');
  const parts = [
    ...(atFirst.length === 0 ? [] : [`at ${list(atFirst)} of its first issue`]),
    ...(atRotation.length === 0 ? [] : [`at ${list(atRotation)} of a rotation`]),
  ];
  return `class ${reissue}: killed ${parts.join(', and ')}`;
}

/** The outcome. */
export interface Survival {
  readonly state: string;
  /** Values that were stored since the token was declared. */
  readonly stored: number;
  /** Token requests that the provider answered and refused, by its own count. */
  readonly requests: Outcomes;
  /** Generations that the sinks show, less the current one: 0 is "the same". */
  readonly sinksBehind: Readonly<Record<string, number | null>>;
  readonly secretsFound: readonly Finding[];
}

const key = 'demo/token';
/** The limit of one ordeal on a busy machine. */
export const limitMs = 400_000;
const deadLimitMs = 120_000;

/**
 * Declares a token, kills each worker at its point and starts the next one. Where no answer was lost, the last worker must bring the token
 * back to health and rotate it once more, which proves that the grant is alive.
 */
export async function survive(temporal: TestTemporal, ordeal: Ordeal): Promise<Survival> {
  await using world = await World.make({ temporal, tokens: { [key]: ordeal.reissue === 'A' ? tokenA : tokenD } });
  const { atFirst = [], atRotation = [] } = ordeal;
  const worker = await outlive(world, atFirst, await world.startWorker(atFirst[0]), () =>
    world.client.apply(world.spec(key)),
  );
  if (!isLost(ordeal, atFirst) && atRotation[0] !== undefined) {
    await world.healthy(key, 1, deadLimitMs);
    worker.send({ kill: atRotation[0] });
    await outlive(world, atRotation, worker, () => world.client.rotate(key, { reason: 'BeforeTheKill' }));
  }
  await (isLost(ordeal) ? insistInVain(world) : rotateOnceMore(world, atRotation.length === 0 ? 1 : 2));
  // Awaited here, since the world ends with this function.
  return await describe(world, ordeal);
}

/** Whether an answer was lost that cannot be asked for again. */
export function isLost(
  { reissue, atFirst = [], atRotation = [] }: Ordeal,
  kills: readonly Kill[] = [...atFirst, ...atRotation],
): boolean {
  return reissue === 'D' && kills.some(({ point }) => point === 'after-response');
}

/** Begins what the worker dies of, and starts the next one, which dies in turn; all but the last. @returns the last */
async function outlive(
  world: World,
  kills: readonly Kill[],
  first: TestProcess,
  begin: () => Promise<unknown>,
): Promise<TestProcess> {
  await begin();
  let worker = first;
  for (const index of kills.keys()) {
    const ended = await worker.ended(deadLimitMs);
    if (ended !== 'SIGKILL') throw new Error(`the worker ended by ${ended}: ${worker.output.slice(-2_000)}`);
    worker = await world.startWorker(kills[index + 1]);
  }
  return worker;
}

async function rotateOnceMore(world: World, generation: number): Promise<void> {
  const before = await world.healthy(key, generation, deadLimitMs);
  await world.client.rotateNow(key, before.generation, { reason: 'AfterTheKill' });
  await world.healthy(key, before.generation + 1);
}

/** Insisting gets the same answer again, and no second request is made. */
async function insistInVain(world: World): Promise<void> {
  const lost = await world.until(key, ({ state }) => state === 'outcome-unknown', deadLimitMs);
  await world.client.rotate(key, { reason: 'Insisted' });
  await world.until(key, ({ state, problem }) => state === 'outcome-unknown' && problem?.at !== lost.problem?.at);
}

async function describe(world: World, { reissue }: Ordeal): Promise<Survival> {
  const { findings } = await world.scanAll();
  const { tokenRequests, refreshRedeems } = await world.provider.control.counts();
  const requests = reissue === 'A' ? tokenRequests.client_credentials : tokenRequests.refresh_token;
  if (reissue === 'D' && refreshRedeems !== requests.ok) throw new Error('a refresh token was redeemed twice');
  const { state, generation } = await world.client.status(key);
  const { ledger } = await world.record(key);
  const shown = Object.entries(await world.generationsInSinks(key));
  return {
    state,
    stored: ledger.filter(({ event }) => event === 'staged').length,
    requests,
    sinksBehind: Object.fromEntries(shown.map(([sink, seen]) => [sink, seen === null ? null : generation - seen])),
    secretsFound: findings,
  };
}

/** The required outcome of an ordeal. */
export function expectedOf(ordeal: Ordeal): Survival {
  const { atFirst = [], atRotation = [] } = ordeal;
  const answersLost = [...atFirst, ...atRotation].filter(({ point }) => point === 'after-response').length;
  const lost = isLost(ordeal);
  // The first issue, the rotation with its kills, and the one after all.
  const stored = lost ? Number(!isLost(ordeal, atFirst)) : Number(atRotation.length > 0) + 2;
  const nothingYet = stored === 0;
  return {
    state: lost ? 'outcome-unknown' : 'healthy',
    stored,
    requests: { ok: stored + answersLost, refused: 0 },
    sinksBehind: nothingYet ? { files: null, env: null } : { files: 0, env: 0 },
    secretsFound: [],
  };
}
