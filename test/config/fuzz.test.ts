import { fuzzConfig } from './fuzz.js';

fuzzConfig(60);
