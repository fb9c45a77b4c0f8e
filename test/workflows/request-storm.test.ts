import { it } from 'vitest';
import { withDevTokens } from '../support/lifecycle-dev.js';
import { seed } from '../support/random.js';
import { expectStormSurvived } from './request-storm.js';

const { keep } = withDevTokens();

it(`60 requests at random instants over 6 runs: each is recorded once and answered once (seed ${seed})`, () =>
  expectStormSurvived(keep, { requests: 60, runs: 6, seed }));
