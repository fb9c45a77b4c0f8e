import { fileURLToPath } from 'node:url';

/** The project's folder, absolute. */
export const projectDir = fileURLToPath(new URL('../..', import.meta.url));

/** Where downloaded servers are kept: the same place that `npm start` uses. */
export const serversDir = fileURLToPath(new URL('../../.tokenkeeper/servers', import.meta.url));
