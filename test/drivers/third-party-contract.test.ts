import { issuerContract, sinkContract } from 'temporal-tokenkeeper/testing';
import { acme } from '../../examples/driver/acme-issuer.js';
import { acmeBox } from '../../examples/driver/acme-sink.js';
import { startAcme } from '../support/acme.js';

// As in a package of its own: the drivers and the suites come by the public names.

issuerContract('acme', async () => {
  const server = await startAcme();
  return {
    driver: acme,
    connection: { url: server.url, adminKey: server.adminKey },
    parameters: { project: 'contract' },
    works: async (value) => server.accepts(value),
    kill: async (value) => server.kill(value),
    mints: async () => server.count(),
    failNext: async () => server.failNext(503),
    close: () => server.close(),
  };
});

sinkContract('acme-box', async () => {
  const server = await startAcme();
  return {
    driver: acmeBox,
    connection: { url: server.url, apiKey: server.adminKey },
    held: async (key) => server.boxes.get(key)?.value ?? null,
    snapshot: async () => structuredClone(server.boxes),
    plant: async (key, value) => void server.boxes.set(key, { value, note: null }),
    breakIt: async () => server.failAll(503),
    close: () => server.close(),
  };
});
