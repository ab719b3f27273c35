import test from 'ava';
import { decodeText, utf8Pieces } from '../../base/text.ts';
import { printable, printableLines, quoted, shownJson, visible, visibleJson } from '../../base/printable.ts';

const text = 'a,é,😀\r\n1,2';
const little = Buffer.from(`\uFEFF${text}`, 'utf16le');
const encodings: [what: string, bytes: Buffer][] = [
  ['UTF-16, low byte first', little],
  ['UTF-16, high byte first', Buffer.from(little).swap16()],
];

for (const [what, bytes] of encodings) {
  test(`${what}: read whole and piece by piece, wherever it is cut`, (t) => {
    t.is(decodeText(bytes), text);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const pieces = utf8Pieces();
      const parts = [pieces.push(bytes.subarray(0, cut)), pieces.push(bytes.subarray(cut)), pieces.end()];
      t.is(Buffer.concat(parts).toString(), text, `cut at ${cut}`);
    }
  });
}

test('without a mark, a NUL among the first two bytes says UTF-16, and two say nothing', (t) => {
  const plain = Buffer.from('a,é\r\n', 'utf16le');
  for (const bytes of [plain, Buffer.from(plain).swap16()]) {
    t.is(decodeText(bytes), 'a,é\r\n');
    const pieces = utf8Pieces();
    const parts = [pieces.push(bytes.subarray(0, 1)), pieces.push(bytes.subarray(1)), pieces.end()];
    t.is(Buffer.concat(parts).toString(), 'a,é\r\n');
  }
  const idx = Buffer.of(0, 0, 8, 3);
  const pieces = utf8Pieces();
  t.deepEqual(Buffer.concat([pieces.push(idx), pieces.end()]), idx);
});

test('bytes without a mark of UTF-16 pass piece by piece as they are', (t) => {
  for (const bytes of [Buffer.of(), Buffer.of(0xff), Buffer.of(7, 0xff, 0xfe), Buffer.from(`\uFEFF${text}`)]) {
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const pieces = utf8Pieces();
      const parts = [pieces.push(bytes.subarray(0, cut)), pieces.push(bytes.subarray(cut)), pieces.end()];
      t.deepEqual(Buffer.concat(parts), bytes);
    }
  }
});

test('what a terminal would act on is written as its code', (t) => {
  t.is(printable('a\u001B[31mb\u009Bc\r\n'), String.raw`a\u001b[31mb\u009bc\u000d\u000a`);
  t.is(printable('\u202Egnp.exe\uFEFF\u2028'), String.raw`\u202egnp.exe\ufeff\u2028`);
  t.is(printable('\uD800 \u{E0001}'), String.raw`\ud800 \u{e0001}`);
  t.is(printable('Grüße, 世界 🎉'), 'Grüße, 世界 🎉');
});

test('a long text is cut to a line, between two characters', (t) => {
  t.is(printable('x'.repeat(200)), 'x'.repeat(200));
  t.is(printable('x'.repeat(201)), `${'x'.repeat(199)}…`);
  t.is(printable('🎉'.repeat(5), 4), '🎉🎉🎉…');
  t.is(quoted('🎉🎉🎉🎉', 4), '"🎉🎉🎉🎉"');
});

test('a value of any kind has a line', (t) => {
  const circle: unknown[] = [];
  circle.push(circle);
  t.is(shownJson({ a: '\u001B' }), String.raw`{"a":"\u001b"}`);
  t.is(shownJson('\u009B'), String.raw`"\u009b"`);
  t.is(shownJson(NaN), 'NaN');
  t.is(shownJson(undefined), 'undefined');
  t.is(shownJson(circle), 'object');
  t.is(shownJson(1n), 'bigint');
});

test('of several lines only their ends stay', (t) => {
  t.is(printableLines('a\u001B[2J\r\n\tb'), String.raw`a\u001b[2J\u000d` + '\n' + String.raw`\u0009b`);
  t.is(printableLines('aaaa\nbb', 3), 'aa…\nbb');
});

test('JSON in which every character can be seen is the same JSON', (t) => {
  const hostile = { '\u001B\u009B': ['\u202E\n', '\u{E0001}', '\u2028\u007F', 'Grüße 🎉', 1, null] };
  for (const indent of [undefined, 2]) {
    const shown = visibleJson(hostile, indent);
    t.deepEqual(JSON.parse(shown), hostile);
    t.regex(shown, /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/mu);
    t.true(shown.includes('Grüße 🎉'), text);
  }
  t.is(visibleJson({ a: 1 }, 2), JSON.stringify({ a: 1 }, null, 2));
});

test('what XML forbids and what turns letters round is shown, and lines and joined signs stay', (t) => {
  t.is(visible('a\x00\x1b[31m\u202egnp\ud800\ufffe\u2028'), 'a\\u0000\\u001b[31m\\u202egnp\\ud800\\ufffe\\u2028');
  const kept = 'two\nlines\tand 👩\u200d👧 🙂 é';
  t.is(visible(kept), kept);
});
