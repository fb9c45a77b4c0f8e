import { quietRuntime } from './temporal-quiet.js';

// Files share a process: one that connects before another has quieted the SDK would let that one fail.
quietRuntime();
