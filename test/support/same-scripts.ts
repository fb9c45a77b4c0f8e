import fc from 'fast-check';

// The same scripts in each run, so that a suite that fails tells of a change. SEED takes others: that is for looking for faults.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['SEED'] ?? 1) });

export { default } from 'fast-check';
