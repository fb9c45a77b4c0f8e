import { proxyActivities } from '@temporalio/workflow';
import type { ExportActivities } from './activities.js';

const { exportInvoices } = proxyActivities<ExportActivities>({ startToCloseTimeout: '2 minutes' });

/** An ordinary workflow of the user: it knows nothing of tokens. */
export async function nightlyExport(): Promise<string> {
  return exportInvoices();
}
