import { errorTable, type ErrorCode } from '../../src/core/errors.js';
import { stepsMayFail } from '../workflows/step-errors.js';

stepsMayFail(Object.keys(errorTable) as ErrorCode[]);
