import type { VaultRecord } from './record.js';
import { isOfAnotherClock } from './reissue.js';

/**
 * The record with an open intent counted from now, where it was noted by another clock: it would be open until that time comes again. A
 * replay's window may have passed since (class C).
 * @param now - Unix ms, by this worker's clock
 */
export function byThisClock(record: VaultRecord, now: number): VaultRecord {
  const { intent } = record;
  if (intent === null || !isOfAnotherClock(intent, now)) return record;
  const { reissue, startedAt, deadline } = intent;
  const counted = { startedAt: now, deadline: now + deadline - startedAt };
  return { ...record, intent: { ...intent, reissue: reissue === 'C' ? 'D' : reissue, ...counted } };
}
