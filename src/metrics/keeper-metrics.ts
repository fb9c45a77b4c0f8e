/** Metrics of the keeper itself: what this worker did and knows. */
export const keeperMetrics = {
  rotations: {
    name: 'tokenkeeper_rotations_total',
    help: 'Attempts of this worker at a new generation that ended, by issuer connection: issued, or failed_ and the kind of the error code (transient, waiting, person). Includes first issues.',
    labelNames: ['issuer', 'result'],
  },
  bootstrap: {
    name: 'tokenkeeper_bootstrap_expiration_timestamp_seconds',
    help: 'When the credential that the keeper itself uses at the issuer expires, in Unix seconds: credentialExpiresAt of the configuration in force.',
    labelNames: ['issuer'],
  },
  config: {
    name: 'tokenkeeper_config_last_reload_successful',
    help: 'Whether the configuration that this worker read last is in force: 1; 0: it has problems, and the one before, or what is sound, is in force.',
    labelNames: [],
  },
  collectorUp: {
    name: 'tokenkeeper_collector_up',
    help: 'Whether the newest attempt to read the list of tokens from Temporal succeeded. While it is 0, the series of tokens are those of the last success.',
    labelNames: [],
  },
  collected: {
    name: 'tokenkeeper_collector_last_success_timestamp_seconds',
    help: 'When the list of tokens was last read, in Unix seconds; 0: never since this process began.',
    labelNames: [],
  },
} as const;
