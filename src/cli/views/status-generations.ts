import type { TokenStatus } from '../../client/status.js';
import { awaitsDecision, isByHand, isPausedAt } from '../../core/lifecycle/renewal.js';
import { retireStepId } from '../../core/lifecycle/step-ids.js';
import { clockWords, untilWords } from '../terminal/time-words.js';
import { shortFingerprint } from '../terminal/words.js';
import { titled, troubleWords } from './status-words.js';

/** Lines of the values that live: the current one, and those before it. */
export function generationLines(status: TokenStatus, now: number): string[] {
  const { current } = status;
  if (current === null) return ['  no generation yet'];
  const renews = isByHand(status) ? 'manual' : renewWords(status, now);
  const expires =
    current.expiresAt === null
      ? 'unknown'
      : `${clockWords(current.expiresAt, now)} (${untilWords(current.expiresAt, now)})`;
  const titleOf = (generation: number, word: string): string => `gen ${generation} ${word}`;
  const longest = Math.max(...status.previous.map(({ generation }) => titleOf(generation, 'previous').length), 0);
  const title = (generation: number, word: string): string => titleOf(generation, word).padEnd(longest);
  return [
    titled(
      title(current.generation, 'current'),
      `fp ${shortFingerprint(current.fingerprint)}  expires ${expires}  renews ${renews}`,
    ),
    ...status.previous.map((previous) =>
      titled(
        title(previous.generation, 'previous'),
        `fp ${shortFingerprint(previous.fingerprint)}  ${endWords(status, previous, now)}`,
      ),
    ),
  ];
}

/** How the current value was proven. */
export function verifiedLine({ current, spec }: TokenStatus, now: number): string[] {
  if (current === null) return [];
  if (current.verifiedAt === null)
    return [titled('verified', 'not proven: the issuer has no way to ask, or was not asked')];
  const proven = [...Object.keys(spec.expect), ...(spec.scopes.length > 0 ? ['scopes'] : [])];
  const what = proven.length === 0 ? 'alive' : `${proven.join(', ')} as declared`;
  return [
    titled('verified', `${clockWords(current.verifiedAt, now)} ${current.verifiedBy ?? 'by the issuer'}: ${what}`),
  ];
}

function renewWords(status: TokenStatus, now: number): string {
  const { renewAt } = status;
  if (renewAt === null) return 'never';
  if (awaitsDecision(status)) return 'once a person has decided';
  if (isPausedAt(status, renewAt)) return 'after the pause';
  return renewAt <= now ? 'now' : clockWords(renewAt, now);
}

function endWords(status: TokenStatus, previous: TokenStatus['previous'][number], now: number): string {
  const retires = previous.retires ?? status.retires;
  const verb = retires === 'revoke' ? 'revoke' : 'retire';
  const trouble = troubleWords(status, retireStepId(previous.generation), now);
  if (trouble !== null) return `${verb} fails: ${trouble}`;
  if (retires === 'expire') return expireWords(status, previous, now);
  if (isPausedAt(status, Math.max(previous.retireAt ?? now, now))) return `${verb} after the pause`;
  if (previous.retireAt !== null && previous.retireAt > now) return `${verb} at ${clockWords(previous.retireAt, now)}`;
  const late = Object.entries(status.sinks).filter(([, row]) => row.acknowledged < status.generation);
  const names = late.map(([id]) => id).join(', ');
  const end = previous.expiresAt === null ? '' : `, dies by itself at ${clockWords(previous.expiresAt, now)}`;
  return late.length === 0
    ? `${verb} due`
    : `${verb} held: ${names} ${late.length === 1 ? 'has' : 'have'} not acknowledged gen ${status.generation}${end}`;
}

/** No retirement time is shown: nothing happens to the value then. */
function expireWords(status: TokenStatus, { expiresAt }: TokenStatus['previous'][number], now: number): string {
  if (expiresAt !== null) return `left to expire at ${clockWords(expiresAt, now)}`;
  return isByHand(status) ? 'lives until a person ends it at the provider' : 'left to expire: when is not known';
}
