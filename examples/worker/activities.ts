import { cancellationSignal } from '@temporalio/activity';
import { tokens } from 'temporal-tokenkeeper';

export interface ExportActivities {
  exportInvoices(): Promise<string>;
}

/**
 * The user's activities. The token is fetched when needed, and its value never travels through Temporal. A 401 here is healed: it is
 * reported to the keeper, which rotates if the token is dead, and the call is made once more.
 */
export function createExportActivities(options: {
  readonly url: string;
  readonly token: string;
  readonly fetch?: typeof fetch;
}): ExportActivities {
  const request = options.fetch ?? fetch;
  return {
    async exportInvoices() {
      const signal = cancellationSignal();
      const response = await tokens().withToken(
        options.token,
        ({ value }) => request(options.url, { headers: { authorization: `Bearer ${value}` }, signal }),
        { signal },
      );
      if (!response.ok) throw new Error(`the export was answered with ${response.status}`);
      return response.text();
    },
  };
}
