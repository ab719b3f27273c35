import test from 'ava';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/user-error.ts';
import { readExperiment, reportExperiment } from '../../report/experiment.ts';
import { writeReport } from '../../report/write.ts';
import { temporaryFolder } from '../data/tiny.ts';
import { finishedJson } from './finished-experiment.ts';

const figureNames = (name: string): string[] =>
  reportExperiment(finishedJson(name)).sections.flatMap(({ figures = [] }) => figures.map((figure) => figure.name));

test('an experiment has figures of what it claims about, along its sweep, and of its training', (t) => {
  const curves = ['curves-accuracy', 'curves-loss'];
  t.deepEqual(figureNames('swa-lr'), ['arms-accuracy', 'sweep-accuracy', ...curves]);
  t.deepEqual(figureNames('trajectory'), ['arms-accuracy', ...curves]);
  t.true(figureNames('sam').includes('sweep-sharpness'));
});

test('curves of many arms are spread over figures', (t) => {
  const names = figureNames('label-noise').filter((name) => name.startsWith('curves-loss'));
  t.deepEqual(names, ['curves-loss-1', 'curves-loss-2', 'curves-loss-3']);
});

test('the report of an experiment says claims, verdicts, values and divergences', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'quick.json');
  await writeFile(file, JSON.stringify(finishedJson('swa-lr')));
  const { html } = await writeReport(folder, reportExperiment(await readExperiment(file)));
  const text = await readFile(html, 'utf8');
  for (const words of [
    'holds (quick)',
    'A rate of 1 η is better',
    'swa-10, seed 1: diverged',
    'Izmailov',
    '80.15 ± 0.07 (2)',
  ]) {
    t.true(text.includes(words), words);
  }
});

test('the result of another version is refused with a sentence', async (t) => {
  const file = join(await temporaryFolder(t), 'report.json');
  await writeFile(file, '{"experiment": "swa-lr"}');
  await t.throwsAsync(readExperiment(file), { instanceOf: UserError, message: /none that this version can read/ });
});
