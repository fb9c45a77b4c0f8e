import { fuzzConfig } from '../config/fuzz.js';

fuzzConfig(5_000);
