import { keptQuery } from '../../client/list.js';

/** A filter for the Web UI's workflow list that answers a common question. */
export interface WebView {
  readonly name: string;
  /** A visibility query, also for `temporal workflow list --query`. */
  readonly query: string;
  /** Whether it contains an instant, so that it is true only now and not worth saving. */
  readonly dated: boolean;
}

/** Restricts all views. */
export interface ViewScope {
  readonly environment?: string | undefined;
  readonly owner?: string | undefined;
  readonly issuer?: string | undefined;
}

const soonMs = 86_400_000;

/** The views for tokens of a prefix. @param attributes - prefix of the search attributes. @param now - in Unix ms */
export function webViews(prefix: string, attributes: string, now: number, scope: ViewScope): WebView[] {
  const equal = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${attributes}${name} = "${escaped(value)}"`];
  const kept = [
    keptQuery(prefix, scope.environment),
    ...equal('Owner', scope.owner),
    ...equal('Issuer', scope.issuer),
  ].join(' AND ');
  const narrowedTo = [scope.environment, scope.owner, scope.issuer].filter((word) => word !== undefined);
  const view = (name: string, clause: string | null, dated = false): WebView => ({
    name: [name, ...narrowedTo].join(', '),
    query: clause === null ? kept : `${clause} AND ${kept}`,
    dated,
  });
  const state = `${attributes}State`;
  const [expires, renews] = [`${attributes}ExpiresAt`, `${attributes}RenewAt`];
  // Visibility queries have no "now" and no arithmetic: instants are written out.
  const at = (instant: number): string => `"${new Date(instant).toISOString()}"`;
  return [
    view('kept', null),
    // A token that needed a person and has expired since is in state expired.
    view('needs a person', `(${state} = "needs-attention" OR ${state} = "outcome-unknown" OR ${state} = "expired")`),
    view('partial', `${state} = "partial"`),
    view('degraded', `${state} = "degraded"`),
    view('overdue', `${renews} < ${at(now)}`, true),
    view('expired', `${expires} < ${at(now)}`, true),
    // A token that is renewed properly may well live for less than a day.
    view(
      'expires within 24 h',
      `${expires} < ${at(now + soonMs)} AND ${state} != "healthy" AND ${state} != "renewing"`,
      true,
    ),
  ];
}

/** A link to a view; one that stays true is saved among the views of the browser that opens it. */
export function viewLink({ name, query, dated }: WebView, workflowsUrl: string): string {
  const parameters = new URLSearchParams({ query, ...(dated ? {} : { savedQuery: name }) });
  return `${workflowsUrl}?${parameters.toString()}`;
}

const escaped = (text: string): string => text.replaceAll(/["\\]/g, '\\$&');
