import { noteIssued } from './note-issued.js';

// The real program, in a process that records what it is issued.
noteIssued(process.env['TEST_ISSUED_FILE'] ?? '');
await import('../../src/cli/main.js');
