import { execFileSync } from 'node:child_process';
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { z } from 'zod';
import { parseJson, parseJsonOrFile, readJson, readJsonIfThere } from '../../base/json.ts';
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
