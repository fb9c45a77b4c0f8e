import { parse } from 'dotenv';
import fc from '../support/same-scripts.js';
import { describe, expect, test } from 'vitest';
import { readName, removeName, setName } from '../../src/sinks/dotenv-text.js';

describe('setName changes one value and nothing else', () => {
  test.each([
    ['an empty file', '', 'A=new\n'],
    ['a file without the name', 'B=1\n', 'B=1\nA=new\n'],
    ['a last line without a newline', 'B=1', 'B=1\nA=new'],
    ['CRLF', 'B=1\r\n# x\r\n', 'B=1\r\n# x\r\nA=new\r\n'],
    ['CRLF around the name', 'A=old\r\nB=1\r\n', 'A=new\r\nB=1\r\n'],
    ['mixed line ends', 'B=1\r\nC=2\n', 'B=1\r\nC=2\nA=new\n'],
    ['a BOM', '\uFEFFA=old\n', '\uFEFFA=new\n'],
    ['nothing but a BOM', '\uFEFF', '\uFEFFA=new\n'],
    ['export', 'export A=old\n', 'export A=new\n'],
    ['an indented line', '  A=old\n', '  A=new\n'],
    ['blanks around the sign', 'A =  old\n', 'A =  new\n'],
    ['a blank behind the sign, which a shell takes for a command', 'A= old\n', 'A=new\n'],
    ['a colon', 'A: old\n', 'A: new\n'],
    ['an empty value', 'A=\nB=1\n', 'A=new\nB=1\n'],
    ['an empty value at the end', 'A=', 'A=new'],
    ['a blank value with a comment', 'A=  # mine\n', 'A=new  # mine\n'],
    ['single quotes', "A='old'\n", 'A=new\n'],
    ['double quotes', 'A="o\\"ld"\n', 'A=new\n'],
    ['backquotes', 'A=`old`\n', 'A=new\n'],
    ['quotes over lines', 'A="o\nB=no\nd"\nB=1\n', 'A=new\nB=1\n'],
    ['a comment behind', 'A=old   # why\nB=1\n', 'A=new   # why\nB=1\n'],
    ['a comment behind quotes', "A='o#ld' # why\n", 'A=new # why\n'],
    ['a comment that touches the value', 'A=old#why\n', 'A=new\n'],
    ['a commented assignment', '# A=old\n#A=old\n', '# A=old\n#A=old\nA=new\n'],
    ['the name in a comment behind', 'B=1 # A=old\n', 'B=1 # A=old\nA=new\n'],
    ['the name within quotes', "B='\nA=inner\n'\n", "B='\nA=inner\n'\nA=new\n"],
    ['longer names', 'XA=1\nA.b=2\nA-c=3\nAA=4\n', 'XA=1\nA.b=2\nA-c=3\nAA=4\nA=new\n'],
    ['another case', 'a=1\n', 'a=1\nA=new\n'],
    ['the name twice: the last one counts', 'A=1\nB=2\nA=3\nC=4\n', 'A=1\nB=2\nA=new\nC=4\n'],
    ['lines that are no assignments', 'what\n%%\nA=old\n', 'what\n%%\nA=new\n'],
    ['blank lines', '\n\nA=old\n\n\nB=1\n', '\n\nA=new\n\n\nB=1\n'],
    ['a value on the next line, as dotenv reads it', "A=\n'old'\nB=1\n", 'A=new\nB=1\n'],
  ])('%s', (_, before, after) => {
    expect(setName(before, 'A', 'new')).toBe(after);
    expect(parse(after).A).toBe('new');
  });
});

describe('a value is written so that dotenv reads it and a shell runs nothing of it', () => {
  test.each([
    ['eyJhbGciOi.J9-_x.Zg==', 'eyJhbGciOi.J9-_x.Zg=='],
    ['glpat/a+b@c:d,e%20', 'glpat/a+b@c:d,e%20'],
    ['', "''"],
    ['a b', "'a b'"],
    ['a#b', "'a#b'"],
    [' a ', "' a '"],
    ['a"b', `'a"b'`],
    ['$(id)`id`$HOME\\n', "'$(id)`id`$HOME\\n'"],
    ['a$HOME', "'a$HOME'"],
    ['line 1\nline 2', "'line 1\nline 2'"],
    ['~root', "'~root'"],
    ["it's", `"it's"`],
    ["it's\nhere", `"it's\nhere"`],
    ['a\r\nb', '"a\\r\nb"'],
    ['ключ', "'ключ'"],
  ])('%j as %s', (value, written) => {
    expect(setName('', 'A', value)).toBe(`A=${written}\n`);
    expect(parse(`A=${written}\n`).A).toBe(value);
  });

  test.each([[`it's "quoted"`], ["it's $HOME"], ["it's `id`"], ["it's a\\b"], ['a\0b'], ['\r`']])(
    '%j cannot be',
    (value) => {
      expect(setName('', 'A', value)).toBeNull();
    },
  );

  test('an open quote further up swallows nothing of what we add', () => {
    const open = 'B="never closed\nC=1\n';
    for (const value of ['new', 'n e w', "it's"]) {
      expect(parse(setName(open, 'A', value) ?? '')).toEqual({ ...parse(open), A: value });
    }
  });
});

describe('removeName takes one line and nothing else', () => {
  test.each([
    ['the only line', 'A=1\n', ''],
    ['a line between', '# a\nA=1\n# b\n', '# a\n# b\n'],
    ['CRLF', 'B=1\r\nA=1\r\nC=1\r\n', 'B=1\r\nC=1\r\n'],
    ['the last line without a newline', 'B=1\nA=1', 'B=1'],
    ['export, indented, with a comment', 'B=1\n  export A=1 # x\nC=1\n', 'B=1\nC=1\n'],
    ['lines in quotes', 'B=1\nA="x\ny\n"\nC=1\n', 'B=1\nC=1\n'],
    ['a BOM before it', '\uFEFFA=1\nB=1\n', '\uFEFFB=1\n'],
    ['the last of two', 'A=1\nB=1\nA=2\n', 'A=1\nB=1\n'],
    ['blank lines around', '\n\nA=1\n\n', '\n\n\n'],
    ['nothing where nothing is', 'B=1\n', 'B=1\n'],
  ])('%s', (_, before, after) => {
    expect(removeName(before, 'A')).toBe(after);
  });
});

test.each([
  ['blank lines', `${'\n'.repeat(400_000)}#\n`],
  ['lines that end as on Windows', 'A=\r\n'.repeat(400_000)],
])('a long file of %s is read at once: a look at each line for each other one would outlast this test', (_, text) => {
  expect(readName(`${text}B=1\n`, 'B')).toBe('1');
});

describe('properties', () => {
  const name = fc.constantFrom('A', 'B', 'C', 'LONG_NAME', 'x.y', 'd-e');
  const plain = fc.string({ unit: 'grapheme-ascii', maxLength: 12 }).map((text) => text.replace(/["'`]/g, ''));
  const line = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(name, plain).map(([n, v]) => `${n}=${v}`) },
    fc.tuple(name, plain).map(([n, v]) => `export ${n} = '${v}' # it's`),
    fc.tuple(name, plain, plain).map(([n, v, w]) => `${n}="${v}\n${w}"`),
    fc.tuple(name, plain).map(([n, v]) => `  ${n}: \`${v}\``),
    plain.map((text) => `# ${text} A=1`),
    fc.string({
      unit: fc.constantFrom('A', '=', "'", '"', '`', '#', ' ', '\\', '\n', '\r', ':', '\u2028'),
      maxLength: 10,
    }),
    fc.constant(''),
  );
  const ending = fc.constantFrom('\n', '\r\n', '\r');
  const file = fc
    .tuple(fc.array(fc.tuple(line, ending), { maxLength: 8 }), fc.constantFrom('', '\uFEFF'), fc.boolean())
    .map(([lines, bom, isOpen]) => {
      const text = bom + lines.map(([content, end]) => content + end).join('');
      return isOpen ? text.replace(/(\r\n|\n|\r)$/, '') : text;
    });
  const value = fc.oneof(
    fc.string({ unit: fc.constantFrom(...Array.from('ABCxyz019-_.=+/')), minLength: 1, maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.string({ unit: fc.constantFrom("'", '"', '`', '$', '#', ' ', '\\', 'n', '\n', '\r'), maxLength: 8 }),
  );
  const runs = { numRuns: 1_000 };

  test('reads every name as dotenv does', () => {
    fc.assert(
      fc.property(file, (text) => {
        for (const [known, read] of Object.entries(parse(text))) expect(readName(text, known)).toBe(read);
        expect(readName(text, 'NOT_THERE')).toBeNull();
      }),
      runs,
    );
  });

  test('after a set, dotenv reads the value back and every other name as before', () => {
    fc.assert(
      fc.property(file, value, (text, secret) => {
        const next = setName(text, 'A', secret);
        if (next === null) return;
        expect(parse(next)).toEqual({ ...parse(text), A: secret });
      }),
      runs,
    );
  });

  test('a set leaves every other line, with its end, byte for byte', () => {
    const content = fc.oneof(
      fc.tuple(name, plain).map(([n, v]) => ({ name: n, text: `${n}=${v}` })),
      fc.tuple(name, plain).map(([n, v]) => ({ name: n, text: `\texport ${n} = "${v.replace(/\\/g, '')}"  # it's` })),
      plain.map((text) => ({ name: null, text: `# ${text} A=1` })),
      fc.constant({ name: null, text: '' }),
    );
    const lines = fc.array(fc.tuple(content, ending), { maxLength: 10 });
    fc.assert(
      fc.property(lines, fc.stringMatching(/^[A-Za-z0-9_.=+/ $#-]{1,40}$/), (rows, secret) => {
        const texts = rows.map(([{ text }, end]) => text + end);
        const next = setName(texts.join(''), 'A', secret);
        const at = rows.findLastIndex(([row]) => row.name === 'A');
        const head = (at === -1 ? texts : texts.slice(0, at)).join('');
        const tail = at === -1 ? '' : texts.slice(at + 1).join('');
        expect(next?.slice(0, head.length)).toBe(head);
        expect(tail === '' ? '' : next?.slice(-tail.length)).toBe(tail);
        const ours = next?.slice(head.length, next.length - tail.length) ?? '';
        expect(ours.match(/\r\n|\n|\r/g)).toHaveLength(1);
        if (at !== -1) expect(ours.endsWith(rows[at]?.[1] ?? '?')).toBe(true);
      }),
      runs,
    );
  });

  test('an ordinary token can always be set in a file without open quotes', () => {
    const orderly = fc.array(
      fc.tuple(
        name,
        plain.map((text) => text.replace(/[#\\]/g, '')),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(orderly, fc.stringMatching(/^[A-Za-z0-9_\-.=+/]{1,60}$/), (rows, secret) => {
        const text = rows.map(([n, v]) => `${n}='${v}'\n`).join('');
        expect(setName(text, 'A', secret)).not.toBeNull();
      }),
      runs,
    );
  });

  test('removing what was added gives the very same bytes back', () => {
    fc.assert(
      fc.property(file, value, (text, secret) => {
        if (readName(text, 'NEW') !== null) return;
        const next = setName(text, 'NEW', secret);
        if (next !== null) expect(removeName(next, 'NEW')).toBe(text);
      }),
      runs,
    );
  });
});

test('a value that would end a quote that the file left open is not written: it would change the names around it', () => {
  const text = "A='open\nB=b\n";
  expect(setName(text, 'C', "it' #1")).toBeNull();
  expect(setName(text, 'C', 'plain')).toBe(`${text}C=plain\n`);
});
