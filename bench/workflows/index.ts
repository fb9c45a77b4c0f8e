export { bareLoop } from './bare-loop.js';
export { handWritten } from './hand-written.js';
export * from '../../src/workflows/index.js';
