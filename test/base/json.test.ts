/** Values as JSON and as text, and paths as people see them. */
import test from 'ava';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import {
  scoreText,
  differenceText,
  valueText,
  counted,
  duration,
  localTime,
  parametersInWords,
  parameterValue,
  percent,
  shortNumber,
} from '../../base/format.ts';
import { parseJson, parseJsonOrFile, readJson, readJsonIfThere, readJsonSync } from '../../base/json.ts';
import { UserError } from '../../base/user-error.ts';

const text = '{"name":"Größe"}';
const content = { name: 'Größe' };
const folder = (): string => mkdtempSync(join(tmpdir(), 'json-'));

test('JSON is read in UTF-8 and UTF-16, with and without a byte-order mark', (t) => {
  const utf16le = Buffer.from(`\uFEFF${text}`, 'utf16le');
  for (const bytes of [Buffer.from(text), Buffer.from(`\uFEFF${text}`), utf16le, Buffer.from(utf16le).swap16()]) {
    t.deepEqual(parseJson(bytes, 'x.json'), content);
  }
  t.deepEqual(parseJson(`\uFEFF${text}`, 'x.json'), content);
  const unmarked = Buffer.from(text, 'utf16le');
  for (const bytes of [unmarked, Buffer.from(unmarked).swap16()]) t.deepEqual(parseJson(bytes, 'x.json'), content);
});

test('what npm prints before a command is recognized, and the silent form named', (t) => {
  const banner = '\n> wide-optima@0.1.0 study\n> node cli/main.ts study best swa\n\n';
  for (const begun of [`${banner}${text}`, banner.replaceAll('\n', '\r\n') + text]) {
    for (const bytes of [Buffer.from(begun), Buffer.from(`\uFEFF${begun}`, 'utf16le')]) {
      t.throws(() => parseJson(bytes, 'my.json'), {
        instanceOf: UserError,
        message: /^my\.json: .* \(npm -s run … > FILE\)\.$/,
      });
    }
  }
});

test('after an option stands JSON, or a file with it', (t) => {
  const file = join(folder(), 'x.json');
  writeFileSync(file, Buffer.from(`\uFEFF${text}`, 'utf16le'));
  t.deepEqual(parseJsonOrFile(file, '--space').json, content);
  t.deepEqual(parseJsonOrFile(` ${text}`, '--space'), { name: '--space', json: content });
  t.throws(() => parseJsonOrFile(`${file}.gone`, '--space'), {
    instanceOf: UserError,
    message: /x\.json\.gone: expected a readable JSON file, or JSON, after --space, found none\.$/,
  });
  const fifo = join(folder(), 'fifo');
  execFileSync('mkfifo', [fifo]);
  t.throws(() => parseJsonOrFile(fifo, '--space'), { message: /expected a file, got a FIFO/ });
  t.throws(() => parseJsonOrFile(tmpdir(), '--space'), { message: /expected a file, got a folder/ });
  t.throws(() => parseJsonOrFile('['.repeat(50_000), '--space'), { message: /^--space: expected at most 64 levels/ });
});

test('what is no JSON is refused in one line with its place', (t) => {
  const refused = (bytes: string | Uint8Array): string =>
    t.throws(() => parseJson(bytes, 'x.json'), { instanceOf: UserError }).message;
  t.is(
    refused(Buffer.from([0xc3, 0x28])),
    'x.json: expected JSON, got something else (neither UTF-8 nor UTF-16). Fix it.',
  );
  t.regex(
    refused('{"a": \u001B[31m}'),
    /^x\.json: expected JSON, got something else \(SyntaxError: .*\\u001b.*\)\. Fix it\.$/,
  );
});

test('brackets deeper than any of our files are refused, those in strings do not count', (t) => {
  t.notThrows(() => parseJson('['.repeat(64) + ']'.repeat(64), 'x.json'));
  t.throws(() => parseJson('['.repeat(65) + ']'.repeat(65), 'x.json'), { message: /at most 64 levels/ });
  t.throws(() => parseJson('{"a":'.repeat(5_000_000), 'x.json'), { message: /at most 64 levels/ });
  t.deepEqual(parseJson(JSON.stringify([`\\"${'['.repeat(99)}`]), 'x.json'), [`\\"${'['.repeat(99)}`]);
});

test('a remedy that is given stands behind whatever is wrong with a file', async (t) => {
  const schema = z.object({ name: z.string() });
  const options = { what: 'a record', remedy: 'Train again.' };
  const [path, missing] = [join(folder(), 'x.json'), join(folder(), 'y.json')];
  writeFileSync(path, 'no JSON');
  for (const [file, message] of [
    [path, /x\.json: expected JSON, got something else \(SyntaxError: .*\)\. Train again\.$/],
    [missing, /y\.json: expected a record, found none\. Train again\.$/],
  ] as const) {
    t.throws(() => readJsonSync(file, schema, options), { instanceOf: UserError, message });
    await t.throwsAsync(readJson(file, schema, options), { instanceOf: UserError, message });
  }
  t.throws(() => readJsonSync(missing, schema), { message: /found none\. Put it there\.$/ });
});

test('only an ordinary file of a bounded size is read', async (t) => {
  const path = join(folder(), 'x.json');
  const schema = z.object({ name: z.string() });
  t.is(await readJsonIfThere(path, schema), null);
  await t.throwsAsync(readJson(path, schema, { what: 'a record' }), {
    message: /x\.json: expected a record, found none\./,
  });
  writeFileSync(path, text);
  t.deepEqual(await readJson(path, schema), content);
  await t.throwsAsync(readJson(path, schema, { maximumBytes: 10 }), { message: /expected at most 10 bytes, got 18/ });
  if (process.platform === 'win32') return;
  const fifo = join(folder(), 'x.json');
  execFileSync('mkfifo', [fifo]);
  await t.throwsAsync(readJson(fifo, schema), { message: /expected a file, got a FIFO/ });
  const device = join(folder(), 'x.json');
  symlinkSync('/dev/zero', device);
  await t.throwsAsync(readJson(device, schema), { message: /expected a file, got a device/ });
});

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
  t.is(valueText(0.98714, 'accuracy'), '98.71 %');
  t.is(differenceText(0.00345, 'accuracy'), '0.345 points');
  t.is(differenceText(0.01, 'accuracy'), '1 point');
  t.is(differenceText(-0.01, 'accuracy'), '-1 point');
  t.is(scoreText({ accuracy: 0.98, standardError: 0.0007 }), '98.00 ± 0.07');
});

test('other values are as they are, and a small difference of them has its digits', (t) => {
  t.is(valueText(0.06538, 'metric'), '0.0654');
  t.is(valueText(1234567, 'unknown'), '1,235,000');
  t.is(differenceText(0.000021, 'metric'), '2.1e-5');
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

test('a file has a name in messages also where the working directory was deleted', (t) => {
  const script =
    "const { displayPath } = await import(process.env.PATHS); const fs = await import('node:fs'); const folder = " +
    "fs.mkdtempSync('/tmp/gone-'); process.chdir(folder); fs.rmdirSync(folder); console.log(displayPath('/a/b'))";
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATHS: fileURLToPath(new URL('../../base/paths.ts', import.meta.url)) },
    encoding: 'utf8',
  });
  t.is(stdout, '/a/b\n');
});
