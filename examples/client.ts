// Starts a token's workflow, signals it and queries it:
//   node dist/examples/client.js staging/billing-api            (declared in tokens.yaml, or in TOKENKEEPER_CONFIG)
import { connectClient, readConfig, TokenKeeperClient } from 'temporal-tokenkeeper';

const [key] = process.argv.slice(2);
const { config } = await readConfig([process.env['TOKENKEEPER_CONFIG'] ?? 'tokens.yaml']);
const spec = config.tokens.find((token) => key === undefined || token.key === key);
if (spec === undefined) throw new Error(`tokens.yaml declares no token ${key ?? ''}`.trimEnd());

const connected = await connectClient();
try {
  const keeper = new TokenKeeperClient({ client: connected.client, searchAttributes: null });

  // Start: applying the same token twice still gives one workflow.
  console.log(`${spec.key}: ${await keeper.apply(spec)}`);

  // Signal: request a rotation, without waiting.
  await keeper.rotate(spec.key, { reason: 'example' });

  // Query: what is it doing?
  const { state, generation } = await keeper.status(spec.key);
  console.log(`${spec.key} is ${state}, generation ${generation}`);
} finally {
  await connected.close();
}
