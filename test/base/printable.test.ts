import test from 'ava';
import { printable, quoted, shownJson, visible } from '../../base/printable.ts';

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

test('what XML forbids and what turns letters round is shown, and lines and joined signs stay', (t) => {
  t.is(visible('a\x00\x1b[31m\u202egnp\ud800\ufffe\u2028'), 'a\\u0000\\u001b[31m\\u202egnp\\ud800\\ufffe\\u2028');
  const kept = 'two\nlines\tand 👩\u200d👧 🙂 é';
  t.is(visible(kept), kept);
});
