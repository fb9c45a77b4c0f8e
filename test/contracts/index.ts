/** The contract suites that every driver must pass; they run under vitest. Call one at the top of a test file of yours. */
export { issuerContract, type IssuerSubject } from './issuer.js';
export { sinkContract, type SinkSubject, type SinkTraits } from './sink.js';
export { vaultContract, type VaultUnderTest } from './vault.js';
