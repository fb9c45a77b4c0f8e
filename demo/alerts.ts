/** What people are told through the webhook of `notify`, as far as the demo shows it. */
export interface Alert {
  readonly event: string;
  /** The token's, or the name of the issuer whose credential it is about. */
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
 * The lines for alerts that came before every token was alive. Tokens that live for a minute die while the demo is stopped, which
 * people are rightly alerted of, and which is over: that is one line. Everything else is told as it came.
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
