/** The kinds of drivers. */
export type DriverKind = 'issuer' | 'sink' | 'vault';

/**
 * The version of the interface between tokenkeeper and drivers. It rises when drivers for the previous version would not work, which is a
 * new major version of the package.
 */
export const driverApi = 1;

/** What `defineIssuer`, `defineSink` and `defineVault` leave on a driver. */
export interface DriverMark {
  readonly kind: DriverKind;
  /** The `driverApi` of the tokenkeeper that defined it. */
  readonly api: number;
}

/** The same in every copy of this package: a driver may bring another copy than the worker's. */
const mark = Symbol.for('tokenkeeper.driver');

/** Marks a driver as made by this tokenkeeper. Not enumerable, so that nothing copies it by accident. */
export function markDriver<Driver extends object>(kind: DriverKind, driver: Driver): Driver {
  const value: DriverMark = { kind, api: driverApi };
  return Object.defineProperty(driver, mark, { value, configurable: true });
}

/** The mark of a driver; null for anything else. */
export function driverMarkOf(value: unknown): DriverMark | null {
  if (typeof value !== 'object' || value === null || !(mark in value)) return null;
  const { kind, api } = (value as { readonly [mark]: Partial<DriverMark> | null })[mark] ?? {};
  const isKnown = kind === 'issuer' || kind === 'sink' || kind === 'vault';
  return isKnown && typeof api === 'number' ? { kind, api } : null;
}
