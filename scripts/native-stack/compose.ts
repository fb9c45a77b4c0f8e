import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { TokenError } from '../../src/core/errors.js';

/** What a native run uses of a service in docker-compose.yml. */
export interface Service {
  /** The tag of its image. */
  readonly version: string;
  /** Its environment, with values in place of `${NAME:?…}`, and paths of this host in place of the container's. */
  readonly env: Readonly<Record<string, string>>;
  /** Its entry point, with paths of this host. */
  readonly entrypoint: readonly string[];
  /** Further arguments of its program. */
  readonly command: readonly string[];
}

interface ServiceFile {
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly volumes?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
}

/** The services by name: those with an image of their own. */
export type Compose = ReadonlyMap<string, Service>;

/**
 * Reads docker-compose.yml, so that the native run uses its versions, variables and scripts.
 * @param values - for `${NAME}`
 * @throws TokenError `ConfigInvalid` where a value is missing
 */
export async function readCompose(projectDir: string, values: Readonly<Record<string, string>>): Promise<Compose> {
  const text = await readFile(join(projectDir, 'docker-compose.yml'), 'utf8');
  const { services } = parse(text, { merge: true }) as { readonly services: Readonly<Record<string, ServiceFile>> };
  return new Map(
    Object.entries(services).flatMap(([name, service]) =>
      service.image === undefined ? [] : [[name, serviceOf(service, service.image, projectDir, values)] as const],
    ),
  );
}

/** @throws TokenError `ConfigInvalid` where docker-compose.yml has no such service */
export function serviceNamed(compose: Compose, name: string): Service {
  const service = compose.get(name);
  if (service === undefined) throw new TokenError('ConfigInvalid', `docker-compose.yml has no service ${name}`);
  return service;
}

function serviceOf(
  { environment = {}, volumes = [], entrypoint = [], command = [] }: ServiceFile,
  image: string,
  projectDir: string,
  values: Readonly<Record<string, string>>,
): Service {
  const mounts = volumes.flatMap((volume) => {
    const [host = '', inside = ''] = volume.split(':');
    return host.startsWith('./') ? [[`${inside}/`, `${join(projectDir, host)}/`] as const] : [];
  });
  const onHost = (path: string): string => {
    const mount = mounts.find(([inside]) => path.startsWith(inside));
    return mount === undefined ? path : mount[1] + path.slice(mount[0].length);
  };
  return {
    version: image.slice(image.lastIndexOf(':') + 1),
    env: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, onHost(substitute(String(value), values))]),
    ),
    entrypoint: entrypoint.map(onHost),
    command,
  };
}

function substitute(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)(?::\?[^}]*)?\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new TokenError('ConfigInvalid', `docker-compose.yml wants a value for ${name}`);
    return value;
  });
}
