import { loadConfig } from '/work/main/src/config/load.js';
import { formatProblem } from '/work/main/src/config/problems.js';
import { vaultDrivers } from '/work/main/src/vaults/registry.js';
import { issuerDrivers } from '/work/main/src/issuers/registry.js';
import { sinkDrivers } from '/work/main/src/sinks/registry.js';
const r = await loadConfig({
  paths: process.argv.slice(2),
  registries: { vaults: vaultDrivers, issuers: issuerDrivers, sinks: sinkDrivers },
});
if (r.ok) console.dir(r.config, { depth: 6 });
else console.log(r.problems.map(formatProblem).join('\n'));
