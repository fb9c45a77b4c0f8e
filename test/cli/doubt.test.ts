import { describe, expect, it } from 'vitest';
import { doubtOf } from '../../src/cli/import/doubt.js';

describe('what is odd about a pasted value', () => {
  it.each([
    ['ghp_abc ', 'begins or ends with a blank'],
    [' ghp_abc', 'begins or ends with a blank'],
    ['"ghp_abc"', 'is in quotes'],
    ["'ghp_abc',", 'is in quotes'],
    ['Bearer ghp_abc', 'begins with the scheme of a header'],
    ['token ghp_abc', 'begins with the scheme of a header'],
    ['GITHUB_TOKEN=ghp_abc', 'begins with a name and ='],
    ['export GITHUB_TOKEN="ghp_abc"', 'begins with a name and ='],
  ])('%s %s', (value, words) => {
    expect(doubtOf(value)).toContain(words);
    expect(doubtOf(value)).not.toContain('ghp_abc');
  });

  it.each([
    ['one that ends with padding', 'QUJDREVGRw=='],
    ['one of capital letters that ends with padding', 'ABCDEFGHIJKLMNOP=='],
    ['a JWT', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln'],
    ['a connection string', 'AccountName=a;AccountKey=QUJD=='],
    ['a passphrase with blanks and one quote', 'it is "quoted" here'],
    ['a word like a scheme', 'tokenkeeper-abc'],
  ])('nothing: %s', (_, value) => {
    expect(doubtOf(value)).toBeNull();
  });
});
