import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BrowserContext, Page } from 'playwright-core';
import { defaultSearchAttributePrefix, type searchAttributeTypes } from '../../src/core/names.js';
import type { WebView } from '../../src/cli/web-ui/web-views.js';
import { projectDir } from '../../test/support/temporal-paths.js';

const exec = promisify(execFile);

/** The Web UI stores columns and navigation in the browser. */
const shownColumns: readonly (keyof typeof searchAttributeTypes)[] = [
  'State',
  'Generation',
  'Sinks',
  'ExpiresAt',
  'Owner',
];
const settings = {
  navOpen: false,
  timeFormat: 'UTC',
  'namespace-workflow-table-columns': {
    default: ['Workflow ID', ...shownColumns.map((name) => `${defaultSearchAttributePrefix}${name}`)].map((label) => ({
      label,
    })),
  },
};

/** Sets the columns. Call it before the first page. */
export async function prepareWebUi(context: BrowserContext): Promise<void> {
  const content = Object.entries(settings)
    .map(([key, value]) => `localStorage.setItem(${JSON.stringify(key)}, ${JSON.stringify(JSON.stringify(value))});`)
    .join('\n');
  await context.addInitScript({ content });
}

/** Opens the saved links of `list --web`, as a user would, and ends at the view of all tokens. */
export async function openViews(page: Page, folder: string): Promise<void> {
  const { stdout } = await exec(
    process.execPath,
    [join(projectDir, 'dist/src/cli/main.js'), 'list', '--web', '-o', 'json'],
    { cwd: folder },
  );
  const views = JSON.parse(stdout) as (WebView & { readonly url: string })[];
  for (const { name, url } of views.filter(({ dated }) => !dated).toReversed()) {
    await page.goto(url);
    await page.getByRole('button', { name }).first().waitFor();
  }
  await page.getByText('tokenkeeper/production/crm-export').waitFor();
}

/** Opens a tab of a workflow. */
export async function openTab(page: Page, workflowId: string, tab: string): Promise<void> {
  const workflows = new URL('/namespaces/default/workflows', page.url());
  await page.goto(`${workflows.href}/${encodeURIComponent(workflowId)}`);
  // It redirects to the newest run.
  await page.waitForURL(/\/timeline$/);
  await page.getByRole('tab', { name: tab }).click();
}
