import { noteIssued } from './note-issued.js';

// The real program as it is, in a process that notes what it is issued.
noteIssued(process.env['TEST_ISSUED_FILE'] ?? '');
await import('../../src/cli/main.js');
