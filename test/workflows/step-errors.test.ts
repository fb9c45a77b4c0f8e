import { errorKind, errorTable, type ErrorCode } from '../../src/core/errors.js';
import { stepsMayFail } from './step-errors.js';

// Two of each kind, and the one that has a headline of its own; the long suite has them all.
const codes = Object.keys(errorTable) as ErrorCode[];
const kinds = new Set(codes.map(errorKind));
const twoOf = (kind: ReturnType<typeof errorKind>): ErrorCode[] =>
  codes.filter((code) => errorKind(code) === kind && code !== 'OutcomeUnknown').slice(0, 2);
stepsMayFail(['OutcomeUnknown', ...[...kinds].flatMap(twoOf)]);
