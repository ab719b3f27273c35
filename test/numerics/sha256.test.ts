import { createHash } from 'node:crypto';
import test from 'ava';
import { sha256 } from '../../numerics/sha256.ts';

test('digests are those of Node, whatever the length and the characters', (t) => {
  for (let length = 0; length <= 130; length++) {
    const text = 'aü€😀'.repeat(length).slice(0, length).toWellFormed();
    const digest = createHash('sha256').update(text).digest();
    t.deepEqual(
      Array.from(sha256(text)),
      Array.from({ length: 8 }, (_, i) => digest.readInt32BE(4 * i)),
    );
  }
});
