import { z } from 'zod';
import { checkShape } from './check.js';
import { printable } from './problems.js';
import type { Path, ProblemList } from './problems.js';
import { reportTokenReferences } from './token-references.js';
import { isObject } from './sections.js';
import type { YamlFile } from './yaml.js';

/** A module that a file names under `drivers`. */
export interface DriverEntry {
  readonly file: YamlFile;
  readonly path: Path;
  /** `./drivers/acme.mjs` or `@acme/tokenkeeper-driver`. */
  readonly specifier: string;
}

/** What `drivers` may say: a path, or a package. What else Node could import (`data:`, `node:`) is no driver. */
export const driversSchema = z.array(z.string().min(1));
const specifierPattern = /^(?:\.{0,2}\/|(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(?:\/|$))[^?#%\\]*$/i;

/** Reads `drivers` of all files. It loads nothing. */
export function readDriverEntries(files: readonly YamlFile[], problems: ProblemList): DriverEntry[] {
  return files.flatMap((file) => {
    const value = isObject(file.value) ? file.value['drivers'] : undefined;
    if (value === undefined || value === null) return [];
    const place = { source: file, path: ['drivers'], value };
    const before = problems.size;
    reportTokenReferences(place, problems);
    const specifiers = problems.size === before ? checkShape(driversSchema, place, problems).parsed : undefined;
    return (specifiers ?? []).flatMap((specifier, index) => {
      const path = ['drivers', index];
      if (specifierPattern.test(specifier)) return [{ file, path, specifier }];
      problems.add(file, path, 'WrongValue', `${printable(specifier)} is neither a path nor a package`, {
        do: 'write a path such as ./drivers/acme.mjs, or the name of a package',
      });
      return [];
    });
  });
}
