/** The report of a submit. */
import test from 'ava';
import { join } from 'node:path';
import { findCompetition, loadOnce } from '../../data/index.ts';
import { reportRuns } from '../../report/index.ts';
import { runIn } from '../cli/in-process.ts';
import { smallProject, withoutReports } from '../cli/process.ts';

test('a report reads no images again that the submit has in memory', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const submit = ['submit', ...data, '--method', 'plain', '--params', 'default', '--epochs', '1', '--folds', '2'];
  const { methods } = JSON.parse((await runIn(folder, [...submit, '--json', '-q'])).stdout);
  const images = loadOnce(findCompetition('synthetic-digits'), { dataDir: join(folder, 'digits') });
  let asked = 0;
  const train = () => {
    asked += 1;
    return images.train();
  };
  // Without its folder nothing else could be read.
  const { sections } = await reportRuns({
    folders: [join(folder, methods.plain.run)],
    images: { loaded: { ...images, train } },
  });
  t.true(asked > 0);
  const figures = sections.flatMap(({ figures: shown = [] }) => shown.map(({ name }) => name));
  t.true(figures.includes('mistakes'), figures.join());
});
