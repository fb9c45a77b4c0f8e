/** The contract suites that every driver must pass; they run under vitest. Call one at the top of a test file of yours. */
export { issuerContract } from './issuer.js';
export { sinkContract } from './sink.js';
export { vaultContract } from './vault.js';
