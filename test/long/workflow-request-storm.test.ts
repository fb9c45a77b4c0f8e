import { it } from 'vitest';
import { withDevTokens } from '../support/lifecycle-dev.js';
import { seed } from '../support/random.js';
import { expectStormSurvived } from '../workflows/request-storm.js';

const { keep } = withDevTokens();

it(`500 requests at random instants over 50 runs: each is recorded once and answered once (seed ${seed})`, () =>
  expectStormSurvived(keep, { requests: 500, runs: 50, seed }));
