/** An alert from the webhook of `notify`, as far as the demo shows it. */
export interface Alert {
  readonly event: string;
  /** The token's key, or the name of the issuer for an alert about its credential. */
  readonly about: string;
  /** A stable code. */
  readonly reason: string;
  readonly message: string;
}

/** One alert, as a line. */
export function describeAlert({ event, about, message }: Alert): string {
  return `ALERT ${event}: ${about} ${message}`;
}

/**
 * The lines for alerts that came before every token was alive. Tokens that live for a minute expire while the demo is stopped: a correct
 * alert, but already resolved, so it becomes one line. All others are shown as they came.
 */
export function describeEarlyAlerts(alerts: readonly Alert[]): string[] {
  const late = new Set(alerts.filter(isLateness).map(({ about }) => about));
  const others = alerts.filter(
    (alert) => !isLateness(alert) && !(alert.event === 'recovered' && late.has(alert.about)),
  );
  const lines = others.map(describeAlert);
  if (late.size === 0) return lines;
  const names = [...late].toSorted().join(', ');
  return [`${names} died while the demo was stopped: alerted, renewed at once`, ...lines];
}

const isLateness = ({ event, reason }: Alert): boolean => event === 'renewal-overdue' || reason === 'Expired';
