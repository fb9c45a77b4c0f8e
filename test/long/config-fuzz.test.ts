import { fuzzConfig } from '../config/fuzz.js';

fuzzConfig(2_000);
