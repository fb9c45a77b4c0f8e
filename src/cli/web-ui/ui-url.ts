import type { Session } from '../session.js';

/** URL of a namespace's workflows in the Web UI: that of `up`, or of TOKENKEEPER_UI_URL; else null. */
export function uiWorkflowsUrlOf(session: Session, namespace: string): string | null {
  const base = session.io.env['TOKENKEEPER_UI_URL'] || session.server()?.uiUrl;
  if (!base) return null;
  return base.replace(/\/$/, '') + uiWorkflowsPathOf(namespace);
}

/** Its path below the Web UI's root. */
export const uiWorkflowsPathOf = (namespace: string): string =>
  `/namespaces/${encodeURIComponent(namespace)}/workflows`;

/** URL of the token's workflow in the Web UI; null where unknown. */
export function uiUrlOf(session: Session, namespace: string, workflowId: string): string | null {
  const workflows = uiWorkflowsUrlOf(session, namespace);
  return workflows === null ? null : `${workflows}/${encodeURIComponent(workflowId)}`;
}
