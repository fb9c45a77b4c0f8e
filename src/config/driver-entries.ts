import { z } from 'zod';
import { checkShape } from './check.js';
import type { Path, ProblemList } from './problems.js';
import { hasReference } from './references.js';
import type { ConfigFile } from './sections.js';

/** A module that a file names under `drivers`. */
export interface DriverEntry {
  readonly file: ConfigFile;
  readonly path: Path;
  /** `./drivers/acme.mjs` or `@acme/tokenkeeper-driver`. */
  readonly specifier: string;
}

/** A path, or a package with an optional subpath. Other things that Node can import (`data:`, `node:`) are no driver modules. */
const specifierPattern =
  /^(\.{0,2}\/|(@[A-Za-z0-9~-][A-Za-z0-9._~-]*\/)?[A-Za-z0-9~-][A-Za-z0-9._~-]*(\/|$))[^?#%\\]*$/;

/** The schema of `drivers`. */
export const driversSchema = z.array(z.string().min(1).meta({ pattern: specifierPattern.source }));

/** Reads `drivers` of all files. Loads nothing. */
export function readDriverEntries(files: readonly ConfigFile[], problems: ProblemList): DriverEntry[] {
  return files.flatMap((file) => {
    const value = file.value['drivers'] ?? null;
    if (value === null) return [];
    const place = { source: file, path: ['drivers'], value };
    const specifiers = checkShape(driversSchema, place, problems) ?? [];
    return specifiers.flatMap((specifier, index) => {
      const path = ['drivers', index];
      if (hasReference(specifier)) {
        problems.add(file, path, 'ReferenceNotAllowed', 'a module may hold no reference', {
          do: 'write the module itself: what is loaded shall be read here',
        });
        return [];
      }
      if (specifierPattern.test(specifier)) return [{ file, path, specifier }];
      problems.add(file, path, 'WrongValue', 'neither a path nor a package', {
        do: 'write a path such as ./drivers/acme.mjs, or the name of a package',
      });
      return [];
    });
  });
}
