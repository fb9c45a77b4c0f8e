import { TokenError } from '../core/errors.js';
import { isObject } from '../core/json.js';
import { Secret } from '../core/secret.js';
import { isListOfTexts } from '../core/spec-shape.js';
import type { Issued, Issuer, IssuerCapabilities, Verification } from '../issuers/issuer.js';

type Check = readonly [words: string, holds: (value: unknown) => boolean];

const isBoolean: Check = ['true or false', (value) => typeof value === 'boolean'];
const oneOf = (...values: readonly string[]): Check => [
  `one of ${values.join(', ')}`,
  (value) => values.includes(value as string),
];

const checks: Readonly<Record<keyof IssuerCapabilities, Check>> = {
  mintable: isBoolean,
  reissue: oneOf('A', 'B', 'C', 'D'),
  replayWindowMs: ['a span in ms', (value) => Number.isFinite(value) && Number(value) >= 0],
  overlap: isBoolean,
  retire: oneOf('revoke', 'expire'),
  revocable: [isBoolean[0], (value) => value === undefined || typeof value === 'boolean'],
};

/**
 * An issuer whose capabilities and verifications are checked at run time, since a driver in JavaScript is not type-checked: a wrong one
 * could pass for another reissue class, or for "cannot be asked", and an unproven value would be used.
 */
export function checkedIssuer(issuer: Issuer, driver: string): Issuer {
  return {
    capabilities(parameters) {
      const told: unknown = issuer.capabilities(parameters);
      const members = isObject(told) ? told : {};
      for (const [name, [words, holds]] of Object.entries(checks)) {
        if (holds(members[name])) continue;
        throw new TokenError('ConfigInvalid', `the capability ${name} of the issuer driver ${driver} is not ${words}`, {
          do: `correct the driver ${driver}`,
        });
      }
      return told as IssuerCapabilities;
    },
    async verify(request) {
      const told: unknown = await issuer.verify(request);
      if (isVerification(told)) return told;
      throw new TokenError('UnexpectedAnswer', `the issuer driver ${driver} verifies with something that is no answer`);
    },
    issue: async (request) => soundAnswer(await issuer.issue(request), driver),
    probe: (request) => issuer.probe(request),
    revoke: (request) => issuer.revoke(request),
    close: async () => issuer.close?.(),
  };
}

/**
 * The provider may have issued by now, so that an answer is kept as far as it can be: what is malformed beside the value counts as not
 * told.
 * @throws TokenError `UnexpectedAnswer` without a value
 */
function soundAnswer(told: unknown, driver: string): Issued {
  const answer = (isObject(told) ? told : {}) as Partial<Issued>;
  const value = secretOf(answer.value);
  if (value === undefined)
    throw new TokenError('UnexpectedAnswer', `the issuer driver ${driver} answers without a value`);
  const { scopes, handle, continuation } = answer;
  return {
    ...(answer as Issued),
    value,
    continuation: secretOf(continuation),
    scopes: isListOfTexts(scopes) ? scopes : undefined,
    handle: typeof handle === 'string' ? handle : undefined,
  };
}

/** A driver may forget to wrap a secret, or wrap it by the class of another copy of this package. */
function secretOf(value: unknown): Secret | undefined {
  if (typeof value === 'string') return new Secret(value);
  const isSecret = typeof value === 'object' && value !== null && 'reveal' in value;
  return isSecret ? (value as Secret) : undefined;
}

function isVerification(value: unknown): value is Verification {
  if (!isObject(value)) return false;
  const { active, claims } = value;
  return active === false || active === 'unknown' || (active === true && isObject(claims));
}
