import fc from 'fast-check';
import { seed } from './random.js';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });

export { default } from 'fast-check';
