import { TokenError } from '../core/errors.js';
import { driverMarkOf, type DriverKind } from '../driver-mark.js';
import { issuerDrivers } from '../issuers/registry.js';
import type { IssuerDriver } from '../issuers/issuer.js';
import { sinkDrivers } from '../sinks/registry.js';
import type { SinkDriver } from '../sinks/sink.js';
import { vaultDrivers } from '../vaults/registry.js';
import type { VaultDriver } from '../vaults/vault.js';
import { type Registries, findDriver } from './config.js';
import { driverFault } from './driver-shape.js';

/** The drivers that come with tokenkeeper. */
export const builtInRegistries: Registries = { vaults: vaultDrivers, issuers: issuerDrivers, sinks: sinkDrivers };

/** Your own drivers, as made by `defineIssuer`, `defineSink` and `defineVault`; a connection names one by its `name`. */
export interface ExtraDrivers {
  readonly issuers?: readonly IssuerDriver[] | undefined;
  readonly sinks?: readonly SinkDriver[] | undefined;
  readonly vaults?: readonly VaultDriver[] | undefined;
}

/** The registry of each kind of driver. */
export const sectionOf = { issuer: 'issuers', sink: 'sinks', vault: 'vaults' } as const satisfies Record<
  DriverKind,
  keyof Registries
>;

/** A driver of any kind. */
export type AnyDriver = IssuerDriver | SinkDriver | VaultDriver;

/** Registries with one more driver. The caller has checked that its name is free. */
export function withDriver(registries: Registries, kind: DriverKind, driver: AnyDriver): Registries {
  const section = sectionOf[kind];
  return { ...registries, [section]: { ...registries[section], [driver.name]: driver } };
}

/**
 * The built-in drivers and your own.
 * @throws TokenError `ConfigInvalid` for a name that is taken, or for an invalid driver
 */
export function registriesWith({ issuers = [], sinks = [], vaults = [] }: ExtraDrivers = {}): Registries {
  const all: { readonly kind: DriverKind; readonly driver: AnyDriver }[] = [
    ...issuers.map((driver) => ({ kind: 'issuer', driver }) as const),
    ...sinks.map((driver) => ({ kind: 'sink', driver }) as const),
    ...vaults.map((driver) => ({ kind: 'vault', driver }) as const),
  ];
  return all.reduce((registries, { kind, driver }) => {
    const fault = driverMarkOf(driver)?.kind === kind ? driverFault(kind, driver) : `a driver is no ${kind} driver`;
    if (fault !== null) {
      throw new TokenError('ConfigInvalid', fault, { do: 'give what defineIssuer, defineSink or defineVault made' });
    }
    if (findDriver<AnyDriver>(registries[sectionOf[kind]], driver.name) !== undefined) {
      throw new TokenError('ConfigInvalid', `the ${kind} driver ${driver.name} is there already`, {
        do: 'give the driver another name',
      });
    }
    return withDriver(registries, kind, driver);
  }, builtInRegistries);
}
