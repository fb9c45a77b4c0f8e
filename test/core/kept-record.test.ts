import { expect, it } from 'vitest';
import { keptRecord } from '../../src/core/record/kept-record.js';
import { key, recordOf } from './build-record.js';

it('a record is one of the vault that keeps it: a document that was copied from another one is damaged', () => {
  const record = recordOf({});
  const text = JSON.stringify(record);
  expect(keptRecord(text, key, record.vaultId)).toEqual(record);
  expect(() => keptRecord(text, key, 'another')).toThrow(`the record of ${key} belongs to another vault`);
});
