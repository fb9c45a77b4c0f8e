import tokenkeeper = require('temporal-tokenkeeper');
import workflows = require('temporal-tokenkeeper/workflows');
import testing = require('temporal-tokenkeeper/testing');

type Known<T> = 0 extends 1 & T ? 'unknown' : 'known';

const known: readonly 'known'[] = [
  'known' satisfies Known<typeof tokenkeeper.TokenKeeperClient>,
  'known' satisfies Known<(typeof workflows)['tokenkeeper.tokenLifecycle']>,
  'known' satisfies Known<typeof testing.sinkContract>,
];
const plugin: tokenkeeper.TokenKeeperPlugin = new tokenkeeper.TokenKeeperPlugin({ embed: true });

export = { known, plugin };
