import { callSink } from '../../activities/call-sink.js';
import type { OpenIssuer } from '../../activities/connections.js';
import { readRecord } from '../../activities/store.js';
import { hasCode, TokenError } from '../../core/errors.js';
import { environmentOf } from '../../core/key.js';
import { namedRemedy, type Trouble } from '../../core/remedies.js';
import type { TokenSpec } from '../../core/spec.js';
import { resultsInOrder } from '../requests/concurrently.js';
import { isNotKept } from '../requests/running-token.js';
import { isSilence } from '../requests/wait-for-status.js';
import type { Vault } from '../../vaults/vault.js';
import type { Session } from '../session.js';
import { plural, someOf } from '../terminal/words.js';
import { sharedValues, type HeldValue } from './shared-values.js';
import { attempt, bad, good, warning, type Finding } from './finding.js';
import { clockTroubleOf } from '../views/clock.js';
import { cliSpans } from '../spans.js';

/** Checks that a token's issuer opens and its sinks could be written now. */
export async function examineToken(session: Session, spec: TokenSpec): Promise<Finding[]> {
  const { key } = spec;
  const found: Finding[] = [];
  const connections = await session.connections();
  const issuer = await attempt(`${key} issuer ${spec.issuer}`, async () => {
    const open = await connections.issuer(spec.issuer, key, spec.parameters);
    open.issuer.capabilities(open.parameters);
    return open;
  });
  if (!issuer.ok) found.push(forToken(issuer.finding, key));
  const vault = await attempt(key, () => connections.vault(spec.vault, environmentOf(key)));
  // Already reported for the vault itself.
  if (!vault.ok) return found;
  const first = await attempt(key, async () => issuer.ok && requireFirstGrant(issuer.value, vault.value, key));
  if (!first.ok) found.push(forToken(first.finding, key));
  let sound = 0;
  for (const sink of spec.sinks) {
    const context = { deps: { connections }, spec, vault: vault.value };
    const checked = await attempt(`${key} sink ${sink.id}`, () =>
      callSink(context, sink, cliSpans.checkMs, (its, request) => its.check(request)),
    );
    if (checked.ok) sound++;
    else found.push(forToken(checked.finding, key, sink.id));
  }
  if (issuer.ok && first.ok && sound === spec.sinks.length)
    found.push(good(key, `issuer and ${plural(sound, 'sink')} are ready`));
  return found;
}

/** A first grant is redeemed before the first value: until then it must be there, afterwards its file may be gone. */
async function requireFirstGrant(open: OpenIssuer, vault: Vault, key: string): Promise<void> {
  const { counter, grant, continuation } = (await readRecord(vault, key)).record;
  if (counter === 0 && grant === null && continuation === null) void open.firstGrant;
}

/**
 * Checks that kept tokens are in the vaults that open here: any worker of the task queue takes their tasks, even one with other vaults.
 * @returns the keys of tokens that are kept in another vault
 */
export async function* examineHolders(session: Session): AsyncGenerator<Finding, ReadonlySet<string>> {
  const elsewhere = new Set<string>();
  const { config } = await session.soundConfig();
  const connections = await session.connections();
  const client = await session.client();
  let isSilent = false;
  const unkept: string[] = [];
  const held: HeldValue[] = [];
  const clocks: { readonly key: string; readonly clock: Trouble }[] = [];
  const look = async ({ key, vault }: TokenSpec): Promise<Finding | null> => {
    // One timeout is enough for all.
    if (isSilent) return null;
    try {
      const status = await client.status(key);
      const { vaultId, current } = status;
      const clock = clockTroubleOf(status);
      if (clock !== null) clocks.push({ key, clock });
      if (vaultId !== null && current !== null) held.push({ key, vaultId, fingerprint: current.fingerprint });
      const { id } = await connections.vault(vault, environmentOf(key));
      if (vaultId === null || vaultId === id) return null;
      elsewhere.add(key);
      return bad(
        key,
        `it is kept in another vault (${vaultId}) than ${vault}, which opens here (${id})`,
        'use the configuration of its worker, or correct the path of the vault',
      );
    } catch (error) {
      if (isNotKept(error)) unkept.push(key);
      if (hasCode(error, 'WorkflowTaskFailing')) {
        return bad(key, `${error.message} (${error.code})`, error.do);
      }
      const isUnreadable = hasCode(error, 'ConfigInvalid');
      // Its vault does not open, which was already reported.
      if (error instanceof TokenError && !isSilence(error) && !isUnreadable) return null;
      // Several were asked at once.
      if (isSilent) return null;
      isSilent = true;
      if (isUnreadable) return bad('tokens', `${error.message} (${error.code})`, error.do);
      const gone = 'one that has just ended is seen as there for two minutes';
      return warning(
        'tokens',
        `no worker tells which vault holds them${isSilence(error) ? `: ${error.message}` : ''}`,
        isSilence(error) ? `${error.do}; ${gone}` : `see its log; ${gone}`,
      );
    }
  };
  for await (const finding of resultsInOrder(config.tokens, look)) if (finding !== null) yield finding;
  // As before the first apply; also where Temporal has lost its database, which nothing else reports.
  if (unkept.length > 0) {
    const what = `nothing keeps ${someOf(unkept.toSorted())}, though declared`;
    yield warning('tokens', what, 'tokenkeeper apply');
  }
  // One clock shows in many tokens.
  const [first] = clocks;
  if (first !== undefined) {
    const others = clocks.length === 1 ? '' : `, and ${plural(clocks.length - 1, 'token')} more`;
    yield warning('clock', `${first.key}: ${first.clock.message}${others}`, first.clock.do);
  }
  yield* sharedValues(held);
  return elsewhere;
}

/** Its remedy with this token's names, to be pasted. */
function forToken(finding: Finding, key: string, sink?: string): Finding {
  const { remedy } = finding;
  return { ...finding, remedy: remedy === null ? null : namedRemedy(remedy, key, sink) };
}
