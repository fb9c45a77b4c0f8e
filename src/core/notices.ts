import { conditionsOf, isOverdue } from './conditions.js';
import type { Event } from './events.js';
import { headlineOf, isExpired } from './headline.js';
import { generationOf, type LifecycleState } from './state.js';

/** Notices that should have been told, by id: `<event>:<detail>`. */
export function activeNotices(state: LifecycleState, now: number): string[] {
  if (state.closing !== null) return [];
  const ids: string[] = [];
  const { problem } = state;
  if (problem !== null && problem.kind !== 'transient') ids.push(`needs-attention:${problem.code}`);
  if (isExpired(state, now)) ids.push(`needs-attention:Expired`);
  if (isOverdue(state, now) && state.pause === null) ids.push('renewal-overdue');
  if (Object.values(state.sinks).some((row) => row.drifted)) ids.push('drifted');
  const reminder = reminders(state).findLast((one) => now >= one.at);
  if (reminder !== undefined) ids.push(reminder.id);
  return ids;
}

/** One notice at a time: the first that holds and was not told, or `recovered` once all trouble that was told is over. */
export function dueNotice(state: LifecycleState, now: number): string | null {
  const active = activeNotices(state, now);
  const untold = active.find((id) => state.told[id] === undefined);
  if (untold !== undefined) return untold;
  const wasTrouble = Object.keys(state.told).some(isTrouble);
  return wasTrouble && !active.some(isTrouble) ? 'recovered' : null;
}

const isTrouble = (id: string): boolean => !id.startsWith('reminder:');

/** Unix ms of the next reminder. */
export function nextNoticeAt(state: LifecycleState, now: number): number | null {
  return state.closing === null ? (reminders(state).find((one) => one.at > now)?.at ?? null) : null;
}

/** Reminders of a value that only a person can renew, the earliest first. */
function reminders(state: LifecycleState): { id: string; at: number }[] {
  const expiresAt = state.current?.expiresAt ?? null;
  if (state.capabilities?.mintable !== false || expiresAt === null) return [];
  return state.spec.remindMs
    .toSorted((a, b) => b - a)
    .map((ms) => ({ id: `reminder:${generationOf(state)}:${ms}`, at: expiresAt - ms }));
}

/** Notes what was told; forgets what is over. */
export function settleNotices(state: LifecycleState, event: Event, now: number): LifecycleState {
  if (event.type !== 'notify.ok') return state;
  if (event.notice !== 'recovered') return { ...state, told: { ...state.told, [event.notice]: now } };
  const reminder = reminders(state).map((one) => one.id);
  const kept = Object.entries(state.told).filter(([id]) => reminder.includes(id));
  return { ...state, told: Object.fromEntries(kept) };
}

/** What people are told. */
export interface Notice {
  readonly event: 'renewal-overdue' | 'needs-attention' | 'recovered' | 'reminder' | 'drifted';
  readonly state: string;
  readonly reason: string;
  readonly message: string;
  readonly do: string | null;
  readonly expiresAt: number | null;
}

/** Renders a notice from the conditions that hold. */
export function noticeOf(state: LifecycleState, id: string, now: number): Notice {
  const [event = 'needs-attention', detail] = id.split(':') as [Notice['event'], string | undefined];
  const conditions = conditionsOf(state, now);
  const about = { 'renewal-overdue': 'RenewalOverdue', drifted: 'Drifted' } as const;
  const wanted = event in about ? about[event as keyof typeof about] : 'Ready';
  const condition = conditions.find(({ type }) => type === wanted);
  const expiresAt = state.current?.expiresAt ?? null;
  const isReminder = event === 'reminder';
  return {
    event,
    state: headlineOf(state, now),
    reason: isReminder ? 'ExpiresSoon' : event === 'recovered' ? 'Recovered' : (detail ?? condition?.reason ?? event),
    message:
      isReminder && expiresAt !== null
        ? `expires at ${new Date(expiresAt).toISOString()}`
        : (condition?.message ?? event),
    do: isReminder ? `tokenkeeper import ${state.spec.key}` : (condition?.do ?? null),
    expiresAt,
  };
}
