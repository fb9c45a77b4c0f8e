import type { Session } from './session.js';

/** The token's workflow in the Web UI: where `up` runs it, or TOKENKEEPER_UI_URL says it is; else null. */
export function uiUrlOf(session: Session, namespace: string, workflowId: string): string | null {
  const base = session.io.env['TOKENKEEPER_UI_URL'] || session.server()?.uiUrl;
  if (!base) return null;
  return `${base.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}
