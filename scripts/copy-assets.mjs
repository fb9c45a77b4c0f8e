// copy-assets [FOLDER]: after tsc, copies files that it does not emit but FOLDER (dist) needs in the same place: webpack loads .cjs files
// by path.
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const outDir = process.argv[2] ?? 'dist';
const extensions = ['.cjs'];

for (const folder of ['src', 'demo', 'examples']) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (extensions.some((extension) => name.endsWith(extension)))
      cpSync(join(folder, name), join(outDir, folder, name));
  }
}
