import { proxyActivities } from '@temporalio/workflow';
import type { ExportActivities } from './activities.js';

const { exportInvoices } = proxyActivities<ExportActivities>({ startToCloseTimeout: '2 minutes' });

/** A workflow of the user, as it always was: it knows nothing of tokens. */
export async function nightlyExport(): Promise<string> {
  return exportInvoices();
}
