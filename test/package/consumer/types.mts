import * as tokenkeeper from 'temporal-tokenkeeper';
import type * as client from 'temporal-tokenkeeper/client';
import type { issuerContract, sinkContract, vaultContract } from 'temporal-tokenkeeper/testing';
import type * as workflows from 'temporal-tokenkeeper/workflows';

/** A type that did not resolve is `any`, and `any` is assignable to everything. */
type Known<T> = 0 extends 1 & T ? 'unknown' : 'known';

export const known: readonly 'known'[] = [
  'known' satisfies Known<typeof tokenkeeper.TokenKeeperClient>,
  'known' satisfies Known<tokenkeeper.TokenKeeperPluginOptions['deps']>,
  'known' satisfies Known<tokenkeeper.Sink['write']>,
  'known' satisfies Known<client.TokenKeeperClient['status']>,
  'known' satisfies Known<(typeof workflows)['tokenkeeper.tokenLifecycle']>,
  'known' satisfies Known<typeof issuerContract>,
  'known' satisfies Known<typeof sinkContract>,
  'known' satisfies Known<typeof vaultContract>,
];

export async function generationOf(client: tokenkeeper.TokenKeeperClient, key: string): Promise<number> {
  const { generation } = await client.status(key);
  return generation;
}

export const plugin = new tokenkeeper.TokenKeeperPlugin({ embed: true });
export const code: tokenkeeper.ErrorCode = new tokenkeeper.TokenError('SinkRefused', 'acme').code;
