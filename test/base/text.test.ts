import test from 'ava';
import { decodeText, utf8Pieces } from '../../base/text.ts';

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

test('bytes without a mark of UTF-16 pass piece by piece as they are', (t) => {
  for (const bytes of [Buffer.of(), Buffer.of(0xff), Buffer.of(7, 0xff, 0xfe), Buffer.from(`\uFEFF${text}`)]) {
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const pieces = utf8Pieces();
      const parts = [pieces.push(bytes.subarray(0, cut)), pieces.push(bytes.subarray(cut)), pieces.end()];
      t.deepEqual(Buffer.concat(parts), bytes);
    }
  }
});
