/** A process that keeps notes, and says after each how many there are. */
import { Notes } from '../../records/notes.ts';

const [, , runsDir, name, count = '10'] = process.argv;
const notes = new Notes(runsDir);
for (let i = 0; i < Number(count); i += 1) {
  await notes.keep({ kind: 'study', id: `${name}-${i}`, text: 'a', tags: [] });
  process.stdout.write(`${i + 1}\n`);
}
