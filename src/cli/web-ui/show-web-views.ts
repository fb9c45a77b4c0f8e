import { defaultSearchAttributePrefix } from '../../core/names.js';
import { findAttributes } from '../attributes.js';
import type { Session } from '../session.js';
import { tableLines } from '../terminal/table.js';
import { uiWorkflowsUrlOf } from './ui-url.js';
import { viewLink, webViews, type ViewScope } from './web-views.js';

/** Prints links to views; where the Web UI is unknown, their queries, which `temporal workflow list --query` takes, too. */
export async function showWebViews(session: Session, options: ViewScope & { readonly output: string }): Promise<void> {
  const connected = await session.connected();
  // Warns, with the remedy, where they are missing.
  const attributes =
    (await findAttributes(connected, 'check', (message) => session.warn(message))) ?? defaultSearchAttributePrefix;
  const workflowsUrl = uiWorkflowsUrlOf(session, connected.namespace);
  const views = webViews(session.prefix, attributes, Date.now(), options).map((view) => ({
    ...view,
    url: workflowsUrl === null ? null : viewLink(view, workflowsUrl),
  }));
  if (options.output === 'json') return session.printJson(views);
  if (options.output === 'name') return session.print(...views.map(({ name }) => name));
  if (workflowsUrl === null) session.warn('the Web UI is not known, set TOKENKEEPER_UI_URL; its filters as queries:');
  const columns = [{ title: 'VIEW' }, { title: workflowsUrl === null ? 'QUERY' : 'LINK' }];
  const rows = views.map(({ name, query, url }) => [name, url ?? query]);
  session.print(...tableLines(columns, rows));
}
