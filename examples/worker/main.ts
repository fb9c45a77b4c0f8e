// A worker of your own, with workflows and activities of your own, whose activities use tokens.
//   TOKENKEEPER_CONFIG=tokens.yaml node dist/examples/worker/main.js production/crm-export https://crm.example/invoices
// The tokens are kept by `tokenkeeper up` or `tokenkeeper worker`; to keep them in this process too, pass `deps` (see worker.ts).
import {
  connectClient,
  connectionsOf,
  connectWorker,
  createTokens,
  readConfig,
  TokenKeeperClient,
} from 'temporal-tokenkeeper';
import { createExportWorker } from './worker.js';

const [token, url] = process.argv.slice(2);
if (token === undefined || url === undefined) throw new Error('usage: main.js TOKEN URL');

const log = console;
const { config, baseDir } = await readConfig([process.env['TOKENKEEPER_CONFIG'] ?? 'tokens.yaml'], { lenient: true });
const connections = connectionsOf({ config, baseDir }, { log });
const { client, ...clientSide } = await connectClient();
const { connection, namespace } = await connectWorker();

const keeper = new TokenKeeperClient({ client, searchAttributes: null, actor: 'nightly-export' });
const runtime = createTokens({ config, connections, client: keeper });
const worker = await createExportWorker({ connection, namespace, taskQueue: 'nightly-export', url, token, runtime });
// SIGINT and SIGTERM end run() in order: the SDK takes care of that.
await worker.run();

await connections.close();
await clientSide.close();
await connection.close();
