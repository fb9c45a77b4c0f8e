export { bareLoop } from './bare-loop.js';
export { fewestSteps } from './fewest-steps.js';
export { handWritten } from './hand-written.js';
export * from '../../src/workflows/index.js';
