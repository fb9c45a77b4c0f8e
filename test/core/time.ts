/** An instant that reads well in failures: 2027-01-01T00:00:00Z. */
export const t0 = Date.UTC(2027, 0, 1);
export const second = 1_000;
export const minute = 60_000;
export const hour = 3_600_000;
export const day = 86_400_000;
