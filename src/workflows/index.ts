/** Workflows of tokenkeeper, safe for the workflow sandbox. Re-export them from your own workflows entry, or let the plugin do it. */
export { tokenLifecycle as 'tokenkeeper.tokenLifecycle' } from './token-lifecycle.js';
