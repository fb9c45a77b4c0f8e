import type { TokenKeeperPlugin } from 'temporal-tokenkeeper' with { 'resolution-mode': 'import' };

/** What `module: node16` allows from CommonJS: TypeScript takes `require` of ESM from `nodenext` (and `node20`) on only. */
async function makePlugin(): Promise<TokenKeeperPlugin> {
  const tokenkeeper = await import('temporal-tokenkeeper');
  return new tokenkeeper.TokenKeeperPlugin({ embed: true });
}

export = { makePlugin };
