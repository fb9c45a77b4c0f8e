import { proxyActivities } from '@temporalio/workflow';

export * from 'temporal-tokenkeeper/workflows';

const { generationOf } = proxyActivities({ startToCloseTimeout: '1 minute' });

export async function job(key) {
  return generationOf(key);
}
