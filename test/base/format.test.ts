import test from 'ava';
import {
  scoreText,
  counted,
  duration,
  localTime,
  parametersInWords,
  parameterValue,
  percent,
  shortNumber,
} from '../../base/format.ts';

test('numbers have four significant digits, whatever their size', (t) => {
  const written = [0.980119, 0.1, 12_340.4, 9_999.4, 1.5e-7, 0.00012347, -0.25, 0, 1e21].map((value) =>
    shortNumber(value),
  );
  t.deepEqual(written, ['0.9801', '0.1', '12,340', '9999', '1.5e-7', '1.235e-4', '-0.25', '0', '1e+21']);
  t.is(shortNumber(null), '–');
});

test('accuracies are in percent', (t) => {
  t.is(percent(0.98714), '98.71 %');
  t.is(percent(0.345, 0), '35 %');
  t.is(scoreText({ accuracy: 0.98, standardError: 0.0007 }), '98.00 ± 0.07');
});

test('durations round once, so that no unit is full', (t) => {
  const seconds = [0, 4.24, 9.94, 9.96, 42.4, 59.6, 119.7, 3599.6, 7500];
  const written = ['0.0 s', '4.2 s', '9.9 s', '10 s', '42 s', '1 min 0 s', '2 min 0 s', '1 h 0 min', '2 h 5 min'];
  t.deepEqual(seconds.map(duration), written);
  t.deepEqual([null, -1, NaN].map(duration), ['–', '–', '–']);
});

test.serial('times are those of the reader, with their distance from UTC', (t) => {
  const zone = process.env['TZ'];
  t.teardown(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });
  for (const [place, written] of [
    ['UTC', '2026-01-31 23:05 +00:00'],
    ['Europe/Berlin', '2026-02-01 00:05 +01:00'],
    ['America/St_Johns', '2026-01-31 19:35 -03:30'],
  ]) {
    process.env['TZ'] = place;
    t.is(localTime('2026-01-31T23:05:59.000Z'), written, place);
  }
  t.deepEqual([localTime(null), localTime('yesterday')], ['–', '–']);
});

test('a value of a parameter can be told from any other, and from the next parameter', (t) => {
  const values = [0.034125, 12_340, 'adamw', 'swa_lr', '0.5', 'true', true, null, 'a, b', '', 'a\u001b[31m', 'NaN'];
  const written = ['0.03413', '12340', 'adamw', 'swa_lr', '"0.5"', '"true"', 'true', 'null', '"a, b"', '""'];
  t.deepEqual(values.map(parameterValue), [...written, String.raw`"a\u001b[31m"`, '"NaN"']);
  t.is(parameterValue(undefined), '');
  t.is(parametersInWords({ learningRate: 0.116923, pooling: 'max' }), 'learningRate 0.1169, pooling max');
});

test('one is not a plural', (t) => {
  t.deepEqual([counted(1, 'fold'), counted(42_000, 'image')], ['1 fold', '42,000 images']);
});
