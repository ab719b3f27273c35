/** The report of a submit. */
import test from 'ava';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findCompetition, loadOnce } from '../../data/index.ts';
import { reportRuns } from '../../report/index.ts';
import { runIn } from '../cli/in-process.ts';
import { smallProject, withoutReports } from '../cli/process.ts';

const small = ['--method', 'plain', '--params', 'default', '--epochs', '1', '--folds', '2', '--json', '-q'];

test('the report of a submit looks for answers in the folder that was named, and makes no other', async (t) => {
  const { folder, data } = await smallProject(t);
  t.is((await runIn(folder, ['submit', ...data, ...small])).code, 0);
  t.false(existsSync(join(folder, 'data/raw')));
  const reports = join(folder, 'runs/reports');
  const [report] = await readdir(reports);
  t.regex(await readFile(join(reports, report, 'index.html'), 'utf8'), /Misclassified images/);
});

test('a report reads no images again that the submit has in memory', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const { methods } = JSON.parse((await runIn(folder, ['submit', ...data, ...small])).stdout);
  const dataDir = join(folder, 'digits');
  const images = loadOnce(findCompetition('synthetic-digits'), { dataDir });
  let asked = 0;
  const train = () => {
    asked += 1;
    return images.train();
  };
  const { sections } = await reportRuns({
    folders: [join(folder, methods.plain.run)],
    images: { dataDir, loaded: { ...images, train } },
  });
  t.true(asked > 0);
  const figures = sections.flatMap(({ figures: shown = [] }) => shown.map(({ name }) => name));
  t.true(figures.includes('mistakes'), figures.join());
});
