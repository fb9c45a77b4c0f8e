import { mkdir, readFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { chromium, type Locator, type Page } from 'playwright-core';
import { projectDir } from '../../test/support/temporal-paths.js';
import { startDemo, type RunningDemo } from './demo.js';
import { findPrograms } from './programs.js';
import { terminalPage } from './terminal-page.js';
import { openTab, openViews, prepareWebUi } from './web-ui.js';

const folder = join(projectDir, 'docs/pictures');
const minute = 60_000;
/** Width of the window, in CSS pixels: room for all columns. */
const width = 1400;
const limitBytes = 250_000;

/** Takes new pictures for README and docs, of the demo and of its Web UI. Takes about four minutes. */
async function main(): Promise<void> {
  const programs = findPrograms(process.env);
  await mkdir(folder, { recursive: true });
  const demo = await startDemo(programs.tmux);
  try {
    const browser = await chromium.launch({ executablePath: programs.chromium, args: ['--no-sandbox'] });
    try {
      const context = await browser.newContext({
        viewport: { width, height: 560 },
        deviceScaleFactor: 1.25,
        locale: 'en-US',
        timezoneId: 'UTC',
      });
      const page = await context.newPage();
      await takeDemo(demo, page);
      await prepareWebUi(context);
      await takeWebUi(demo, page);
    } finally {
      await browser.close();
    }
  } finally {
    await demo.stop();
  }
}

/** Both jobs after the pasted token died, `x` and `k`. */
async function takeDemo(demo: RunningDemo, page: Page): Promise<void> {
  await demo.until(/SAME JOB/, 5 * minute);
  await demo.until(/2:14 a\.m\./, 3 * minute);
  await demo.press('x');
  await demo.until(/retried, ok/, minute);
  await demo.press('k');
  await demo.until(/WORKER ENDED[^]*delivered/, 3 * minute);
  await page.setContent(terminalPage(await demo.screen()));
  await take(page, 'demo.png', page.locator('pre'));
}

/** The list and the page of a token whose webhook refuses the delivery. */
async function takeWebUi(demo: RunningDemo, page: Page): Promise<void> {
  await demo.spoilHookSecret();
  await demo.until(/crm-export +partial/, 3 * minute);
  await openViews(page, demo.folder);
  await take(page, 'web-ui-list.png');

  const workflowId = 'tokenkeeper/production/crm-export';
  await page.setViewportSize({ width, height: 1000 });
  await openTab(page, workflowId, 'Timeline');
  await page.getByText('crm-batch lags').first().waitFor({ state: 'attached' });
  await take(page, 'web-ui-timeline.png');

  await page.setViewportSize({ width, height: 920 });
  await openTab(page, workflowId, 'User Metadata');
  await page.frameLocator('#user-metadata-current-details').getByText('partial').waitFor();
  await take(page, 'web-ui-card.png');
}

/** Hides the name of this machine. */
async function take(page: Page, name: string, part?: Locator): Promise<void> {
  const texts = await Promise.all(page.frames().map((frame) => frame.locator('body').innerText()));
  for (const word of [projectDir, homedir(), `@${hostname()}`]) {
    if (texts.some((text) => text.includes(word))) throw new Error(`${name} would show ${word}`);
  }
  const path = join(folder, name);
  await (part ?? page).screenshot({ path, animations: 'disabled' });
  const { length } = await readFile(path);
  if (length > limitBytes) throw new Error(`${name} has ${length} bytes, more than ${limitBytes}`);
  console.log(`docs/pictures/${name} ${Math.round(length / 1000)} kB`);
}

main().catch((error: unknown) => {
  console.error(`pictures: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
