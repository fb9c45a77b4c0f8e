import { Secret } from '../../src/core/secret.js';
import { silentLog, type DriverDeps } from '../../src/drivers.js';
import type { HeldRequest, Issuer, IssuerDriver, IssueRequest } from '../../src/issuers/issuer.js';

/** Opens a driver with parsed settings. */
export function openIssuer(driver: IssuerDriver, connection: unknown, deps: Partial<DriverDeps> = {}): Promise<Issuer> {
  const host: DriverDeps = { fetch, now: Date.now, baseDir: process.cwd(), env: {}, log: silentLog, ...deps };
  return driver.open(driver.connection.parse(connection), host);
}

/** An issue request for generation 1; its signal never aborts. */
export function issueRequest(overrides: Partial<IssueRequest> = {}): IssueRequest {
  return {
    key: 'staging/billing-api',
    parameters: {},
    scopes: [],
    signal: new AbortController().signal,
    generation: 1,
    continuation: null,
    current: null,
    handle: null,
    ...overrides,
  };
}

/** A request about a value that we hold. */
export function heldRequest(value: string, overrides: Partial<HeldRequest> = {}): HeldRequest {
  return { ...issueRequest(), value: new Secret(value), ...overrides };
}

/** The error of a call. @throws where it did not fail. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (value) => {
      throw new Error(`it should have failed, and answered ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}
