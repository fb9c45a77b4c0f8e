import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readManifest, releaseOnce, type Manifest } from '../support/package.js';
import { projectDir } from '../support/temporal-paths.js';

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly ({ license: { id?: string; name?: string } } | { expression: string })[];
  readonly properties?: readonly { name: string }[];
}

interface Locked {
  readonly version: string;
  readonly dev?: boolean;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

let manifest: Manifest;
let text: string;
let bom: { metadata: { component: Component }; components: readonly Component[]; dependencies: unknown[] };
let locked: Readonly<Record<string, Locked>>;

beforeAll(async () => {
  manifest = await readManifest();
  text = await readFile((await releaseOnce()).sbom, 'utf8');
  bom = JSON.parse(text) as typeof bom;
  const lock = JSON.parse(await readFile(join(projectDir, 'package-lock.json'), 'utf8')) as { packages: typeof locked };
  locked = lock.packages;
}, 300_000);

/** Where Node finds `name` from `path`: the nearest node_modules. */
function resolve(path: string, name: string): string | null {
  const here = `${path === '' ? '' : `${path}/`}node_modules/${name}`;
  if (here in locked) return here;
  return path === '' ? null : resolve(path.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, ''), name);
}

/** `name@version` of everything that the dependencies in package.json pull in, walked without npm. */
function closure(): Set<string> {
  const seen = new Set<string>();
  const visit = (path: string, dependencies: Record<string, string> = {}): void => {
    for (const name of Object.keys(dependencies)) {
      const place = resolve(path, name);
      const found = place === null ? undefined : locked[place];
      if (place === null || found === undefined || seen.has(place)) continue;
      seen.add(place);
      visit(place, { ...found.dependencies, ...found.optionalDependencies });
    }
  };
  visit('', manifest.dependencies);
  return new Set([...seen].map((place) => `${place.split('node_modules/').at(-1)}@${locked[place]?.version}`));
}

test('the SBOM is valid CycloneDX 1.5', async () => {
  expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(text)).toBeNull();
});

test('the SBOM is about this version of the package and its licence', () => {
  const { name, version, license } = manifest;
  expect(bom.metadata.component).toMatchObject({
    name,
    version,
    purl: `pkg:npm/${name}@${version}`,
    licenses: [{ license: { id: license } }],
  });
});

test('the SBOM lists exactly what the dependencies pull in, in the locked versions', () => {
  const listed = bom.components.map(({ name, version }) => `${name}@${version}`);
  expect(new Set(listed)).toEqual(closure());
  const direct = Object.entries(manifest.dependencies).map(([name, version]) => `${name}@${version}`);
  expect(listed).toEqual(expect.arrayContaining(direct));
  expect(bom.dependencies).toHaveLength(listed.length + 1);
});

test('the SBOM lists no development package and none of Temporal’s, which are the user’s own', () => {
  const names = bom.components.map(({ name }) => name);
  const { devDependencies, dependencies, peerDependencies } = manifest;
  const notOurs = [...Object.keys(devDependencies), ...Object.keys(peerDependencies)];
  expect(names.filter((name) => notOurs.includes(name) && !(name in dependencies))).toEqual([]);
  expect(bom.components.flatMap(({ properties = [] }) => properties.map(({ name }) => name))).toEqual([]);
});

test('every component of the SBOM has a licence', () => {
  expect(bom.components.filter(({ licenses = [] }) => licenses.length === 0).map(({ name }) => name)).toEqual([]);
});
