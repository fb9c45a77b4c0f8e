import { findDriver, type WorkerConfig } from '../config/config.js';
import { TokenError } from '../core/errors.js';

/** The driver of an issuer connection; an issuer that needs no connection is its own. @throws TokenError `PolicyDenied` */
export function driverOf(config: WorkerConfig, issuer: string): string {
  const declared = config.issuers.get(issuer)?.driver;
  if (declared !== undefined) return declared;
  if (findDriver(config.drivers.issuers, issuer)?.implicit === true) return issuer;
  throw new TokenError('PolicyDenied', `there is no issuer ${issuer}`);
}
