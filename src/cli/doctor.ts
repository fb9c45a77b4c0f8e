import type { Connected } from '../connect.js';
import { credentialNoticeOf } from '../core/credentials.js';
import { TokenError } from '../core/errors.js';
import { environmentOf } from '../core/key.js';
import { missingSearchAttributes } from '../server/search-attributes.js';
import type { Session } from './session.js';
import { spanWords } from './time-words.js';
import { plural, someOf } from './words.js';

/** What one look found. */
export interface Finding {
  readonly level: 'good' | 'warning' | 'bad';
  readonly what: string;
  readonly detail: string;
  readonly remedy: string | null;
}

const lookLimitMs = 5_000;

const good = (what: string, detail: string): Finding => ({ level: 'good', what, detail, remedy: null });
const bad = (what: string, detail: string, remedy: string | null): Finding => ({ level: 'bad', what, detail, remedy });
const warning = (what: string, detail: string, remedy: string | null): Finding => ({
  level: 'warning',
  what,
  detail,
  remedy,
});

/** Looks at everything that tokens need, from here; changes nothing. */
export async function* examine(session: Session): AsyncGenerator<Finding> {
  const { config } = await session.configAsFarAsLoaded();
  const { vaults, issuers, sinks } = config.worker;
  const connections = plural(vaults.size + issuers.size + sinks.size, 'connection');
  yield good('configuration', `${plural(config.tokens.length, 'token')}, ${connections}`);
  yield* examineModules(session);
  const isServed = yield* examineServer(session);
  for (const name of vaults.keys()) yield await examineVault(session, name);
  yield* examineCredentials(session);
  for (const spec of config.tokens) yield* examineToken(session, spec.key);
  if (isServed) yield* examineHolders(session);
}

async function* examineModules(session: Session): AsyncGenerator<Finding> {
  const { modules, moduleProblems } = await session.configAsFarAsLoaded();
  for (const { specifier, drivers } of modules) yield good(`drivers ${specifier}`, drivers.join(', '));
  for (const problem of moduleProblems) {
    const place = `${problem.file}:${problem.line}:${problem.column}`;
    yield bad('drivers', `${place} ${problem.message} (${problem.code})`, problem.do);
  }
}

/** @returns whether tokens can be asked: a server is there, and somebody works for it */
async function* examineServer(session: Session): AsyncGenerator<Finding, boolean> {
  const connected = await attempt('Temporal', () => session.connected());
  if (!connected.ok) {
    yield connected.finding;
    return false;
  }
  const { connection, namespace, address } = connected.value;
  const known = await attempt('Temporal', () => connection.workflowService.describeNamespace({ namespace }));
  if (!known.ok) {
    yield bad(
      'Temporal',
      `${address} does not serve namespace ${namespace}`,
      'make the namespace, or name another: --namespace',
    );
    return false;
  }
  yield good('Temporal', `${address}, namespace ${namespace}`);
  const missing = await attempt('search attributes', () => missingSearchAttributes(connection, namespace));
  if (!missing.ok) yield { ...missing.finding, level: 'warning' };
  else if (missing.value.size === 0) yield good('search attributes', 'all there');
  else
    yield warning(
      'search attributes',
      `missing: ${[...missing.value.keys()].join(', ')}`,
      'tokenkeeper apply makes them where it may; on Temporal Cloud use its CLI',
    );
  const worker = await examineWorkers(session, connected.value);
  yield worker;
  return worker.level === 'good';
}

/** Who takes the workflows of the task queue, and who their activities: a worker of ours does both. */
async function examineWorkers(session: Session, { connection, namespace }: Connected): Promise<Finding> {
  const { taskQueue } = session;
  const start = 'start one: tokenkeeper worker, or tokenkeeper up';
  const pollersOf = async (taskQueueType: 1 | 2): Promise<string[]> => {
    const queue = { namespace, taskQueue: { name: taskQueue }, taskQueueType };
    const { pollers } = await connection.workflowService.describeTaskQueue(queue);
    return (pollers ?? []).map(({ identity }) => identity ?? '');
  };
  const found = await attempt('worker', () => Promise.all([pollersOf(workflowTasks), pollersOf(activityTasks)]));
  if (!found.ok) return found.finding;
  const [workers, doers] = found.value;
  if (workers.length === 0) return bad('worker', `nobody works on task queue ${taskQueue}`, start);
  if (doers.length === 0) return bad('worker', `nobody does the activities of task queue ${taskQueue}`, start);
  return good('worker', `${plural(workers.length, 'worker')} on task queue ${taskQueue}: ${someOf(workers)}`);
}

/** The kinds of tasks of Temporal's enum TaskQueueType. */
const workflowTasks = 1;
const activityTasks = 2;

async function examineVault(session: Session, name: string): Promise<Finding> {
  const { config } = await session.configAsFarAsLoaded();
  const connections = await session.connections();
  const environment = config.worker.vaults.get(name)?.environments?.[0] ?? 'default';
  const opened = await attempt(`vault ${name}`, async () => {
    const vault = await connections.vault(name, environment);
    await vault.list('', AbortSignal.timeout(lookLimitMs));
    return vault.id;
  });
  if (!opened.ok) return opened.finding;
  const open = await openToAll(session, name);
  return open === null
    ? good(`vault ${name}`, `opens, id ${opened.value}`)
    : warning(`vault ${name}`, `any user of this host may write ${open}`, `chmod o-w ${open}`);
}

/** Of a vault that this host keeps itself. */
async function openToAll(session: Session, name: string): Promise<string | null> {
  const { findLocalVault, localVaults, writableByAll } = await import('./local-vaults.js');
  const { config } = await session.configAsFarAsLoaded();
  if (!localVaults(config).includes(name)) return null;
  const { settings, deps } = await findLocalVault(session, name);
  return writableByAll(settings, deps);
}

/** The keeper's own credentials: nobody else watches them. */
async function* examineCredentials(session: Session): AsyncGenerator<Finding> {
  const { config } = await session.configAsFarAsLoaded();
  const now = Date.now();
  for (const [name, { credentialExpiresAt }] of config.worker.issuers) {
    if (credentialExpiresAt === null) continue;
    const what = `issuer ${name}`;
    const at = new Date(credentialExpiresAt).toISOString().slice(0, 10);
    const notice = credentialNoticeOf({ issuer: name, expiresAt: credentialExpiresAt }, now);
    if (notice === null) yield good(what, `its credential expires on ${at}`);
    else if (notice.reason === 'Expired') yield bad(what, `its credential expired on ${at}`, notice.do);
    else yield warning(what, `its credential expires on ${at}, in ${spanWords(credentialExpiresAt - now)}`, notice.do);
  }
}

async function* examineToken(session: Session, key: string): AsyncGenerator<Finding> {
  const { config } = await session.configAsFarAsLoaded();
  const spec = config.tokens.find((one) => one.key === key);
  if (spec === undefined) return;
  const connections = await session.connections();
  const issuer = await attempt(`${key} issuer ${spec.issuer}`, async () => {
    const open = await connections.issuer(spec.issuer, key, spec.parameters);
    return open.issuer.capabilities(open.parameters);
  });
  if (!issuer.ok) yield forToken(issuer.finding, key);
  const vault = await attempt(key, () => connections.vault(spec.vault, environmentOf(key)));
  // Said once already, for the vault itself.
  if (!vault.ok) return;
  let sound = 0;
  for (const sink of spec.sinks) {
    const checked = await attempt(`${key} sink ${sink.id}`, async () => {
      const open = await connections.sink(sink.connection, key, sink.target);
      const fingerprint = (value: string): string => vault.value.fingerprint(value);
      const signal = AbortSignal.timeout(lookLimitMs);
      await open.sink.check({ key, target: open.target, takeOver: sink.takeOver, fingerprint, signal });
    });
    if (checked.ok) sound++;
    else yield forToken(checked.finding, key, sink.id);
  }
  if (issuer.ok && sound === spec.sinks.length) yield good(key, `issuer and ${plural(sound, 'sink')} are ready`);
}

/** Whether what is kept is kept in the vaults that open here: any worker of the task queue takes its tasks, also one with other vaults. */
async function* examineHolders(session: Session): AsyncGenerator<Finding> {
  const { config } = await session.configAsFarAsLoaded();
  const connections = await session.connections();
  const client = await session.client();
  for (const { key, vault } of config.tokens) {
    try {
      const { vaultId } = await client.status(key);
      const { id } = await connections.vault(vault, environmentOf(key));
      if (vaultId === null || vaultId === id) continue;
      yield bad(
        key,
        `it is kept in another vault (${vaultId}) than ${vault}, which opens here (${id})`,
        'use the configuration of its worker, or correct the path of the vault',
      );
    } catch (error) {
      // Not kept, or its vault does not open, which was told.
      if (error instanceof TokenError && error.code !== 'ServerUnavailable') continue;
      return yield warning('tokens', 'no worker tells which vault holds them', null);
    }
  }
}

/** Its remedy with the names of this token, to be pasted. */
function forToken(finding: Finding, key: string, sink = 'SINK'): Finding {
  const named = finding.remedy?.replaceAll(/\bKEY\b/g, () => key).replaceAll(/\bSINK\b/g, () => sink);
  return { ...finding, remedy: named ?? null };
}

type Attempted<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly finding: Finding };

async function attempt<T>(what: string, look: () => Promise<T>): Promise<Attempted<T>> {
  try {
    return { ok: true, value: await look() };
  } catch (error) {
    if (error instanceof TokenError)
      return { ok: false, finding: bad(what, `${error.message} (${error.code})`, error.do) };
    return { ok: false, finding: bad(what, 'Temporal does not answer this question', null) };
  }
}
