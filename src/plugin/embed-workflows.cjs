// webpack loader for the bundle's entrypoint, which the Temporal SDK generates: our workflows beside the user's, whatever theirs are written in.
// The user's own export wins, so that `export * from 'temporal-tokenkeeper/workflows'` in their entry does no harm.
'use strict';

const importWorkflows = 'exports.importWorkflows =';

module.exports = function embedWorkflows(source) {
  const ours = JSON.stringify(this.getOptions().ours);
  // A worker without workflows of its user.
  if (source.includes(ours)) return source;
  if (!source.includes(importWorkflows)) {
    throw new Error(
      'tokenkeeper: this version of @temporalio/worker builds its bundles differently; ' +
        "do: export * from 'temporal-tokenkeeper/workflows' in your workflows entry, and leave out embed",
    );
  }
  return `${source}
;(function (importTheirs) {
  exports.importWorkflows = function importWorkflows() {
    return { ...require(/* webpackMode: "eager" */ ${ours}), ...importTheirs() };
  };
})(exports.importWorkflows);
`;
};
