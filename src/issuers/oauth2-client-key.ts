import { createPrivateKey, type KeyObject } from 'node:crypto';
import { isObject, parseJson } from '../core/json.js';

/** A key that signs a client's assertions (RFC 7523 §2.2). */
export interface ClientKey {
  /** PKCS #8. */
  readonly pem: string;
  /** Of JWS (RFC 7518 §3.1, RFC 8037). */
  readonly alg: string;
  /** That of a JWK. */
  readonly kid: string | undefined;
}

/** What a provider accepts as least (NIST SP 800-131A), and the libraries, too. */
const leastRsaBits = 2_048;

const ofCurve: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };

/**
 * Reads a private key from PEM (PKCS #8, PKCS #1, SEC 1) or a JWK. Its algorithm is that of the JWK, where it has one, else the usual one
 * of its kind: RS256, ES256 and its like by the curve, EdDSA.
 * @throws Error for anything else, and a key that is encrypted, public, or too short; without a part of it
 */
export function readClientKey(text: string): ClientKey {
  const jwk = parseJson(text);
  const isJwk = isObject(jwk);
  const key = isJwk ? createPrivateKey({ key: { ...jwk }, format: 'jwk' }) : createPrivateKey(text);
  const said = isJwk && typeof jwk['alg'] === 'string' ? jwk['alg'] : undefined;
  const algorithms = algorithmsOf(key);
  const alg = said ?? algorithms[0];
  if (alg === undefined || !algorithms.includes(alg)) throw new Error('no algorithm for this key');
  const kid = isJwk && typeof jwk['kid'] === 'string' ? jwk['kid'] : undefined;
  return { pem: key.export({ type: 'pkcs8', format: 'pem' }).toString(), alg, kid };
}

/** The usual one first. */
function algorithmsOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): readonly string[] {
  if (type === 'ed25519') return ['EdDSA', 'Ed25519'];
  if (type === 'ec') return [ofCurve[details?.namedCurve ?? '']].filter((alg) => alg !== undefined);
  if (type !== 'rsa' || (details?.modulusLength ?? 0) < leastRsaBits) return [];
  return ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
}

/** Whether a text is a key that can sign. */
export function isClientKey(text: string): boolean {
  try {
    readClientKey(text);
    return true;
  } catch {
    return false;
  }
}
