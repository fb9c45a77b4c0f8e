import { it } from 'vitest';
import { day, withSkippedTokens } from '../support/lifecycle-skipping.js';
import { expectRenewalsBesideDeadSink } from '../workflows/lagging-sink.js';

const skipping = withSkippedTokens();

it('a sink that is down for ten days never delays a renewal of a 1-hour token, and then gets only the newest', () =>
  expectRenewalsBesideDeadSink(skipping, 10 * day));
