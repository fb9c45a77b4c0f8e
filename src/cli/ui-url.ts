import type { Session } from './session.js';

/** The workflows of a namespace in the Web UI: where `up` runs it, or TOKENKEEPER_UI_URL says it is; else null. */
export function uiWorkflowsUrlOf(session: Session, namespace: string): string | null {
  const base = session.io.env['TOKENKEEPER_UI_URL'] || session.server()?.uiUrl;
  if (!base) return null;
  return base.replace(/\/$/, '') + uiWorkflowsPathOf(namespace);
}

/** The same from the Web UI's root. */
export const uiWorkflowsPathOf = (namespace: string): string =>
  `/namespaces/${encodeURIComponent(namespace)}/workflows`;

/** The token's workflow in the Web UI; null where that is not known. */
export function uiUrlOf(session: Session, namespace: string, workflowId: string): string | null {
  const workflows = uiWorkflowsUrlOf(session, namespace);
  return workflows === null ? null : `${workflows}/${encodeURIComponent(workflowId)}`;
}
