import test from 'ava';
import { createHash } from 'node:crypto';
import { crc32, inflateSync } from 'node:zlib';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { mistakeGrid, mistakeGridSize as gridSize } from '../../report/digits.ts';
import { encodePng } from '../../report/image-grid.ts';
import { chartFigure, folderName, type Report } from '../../report/report.ts';
import { reportStudy } from '../../report/study.ts';
import { writeReport } from '../../report/write.ts';
import { themes } from '../../charts/theme.ts';
import { HOSTILE, study } from '../charts/studies.ts';
import { temporaryFolder } from '../data/tiny.ts';
import { UserError } from '../../base/user-error.ts';
import { readExperiment, reportExperiment } from '../../report/experiment.ts';
import { finishedJson } from './finished-experiment.ts';

const label = 'what is to be seen';

test('a report of hostile names holds them as text, and its policy allows no script', async (t) => {
  const folder = await temporaryFolder(t);
  const report: Report = {
    name: folderName(`../${HOSTILE}`),
    title: HOSTILE,
    lead: [HOSTILE],
    sections: [
      {
        title: HOSTILE,
        text: [HOSTILE],
        tables: [{ caption: HOSTILE, header: [HOSTILE, 'b'], rows: [[HOSTILE, HOSTILE]] }],
        figures: [chartFigure({ name: 'one', title: HOSTILE, label: HOSTILE }, () => ({ xAxis: {}, yAxis: {} }))],
      },
    ],
  };
  const { html } = await writeReport(folder, report);
  t.is((await readdir(folder)).length, 1);
  t.true(html.startsWith(join(folder, 'script-alert')));
  const text = await readFile(html, 'utf8');
  t.false(/<script|<img src=x|onerror=alert\(1\)>/.test(text));
  t.true(text.includes('&lt;script&gt;alert(&quot;1&quot;)'), text);
  const policy = /content="(default-src [^"]*)"/.exec(text)![1];
  t.true(policy.startsWith("default-src 'none'; img-src data:; style-src 'sha256-"));
  t.false(policy.includes('unsafe'));
  const style = /<style>([^<]*)<\/style>/.exec(text)![1];
  t.true(policy.includes(`'sha256-${createHash('sha256').update(style).digest('base64')}'`));
});

test('no two names share the folder of a report, whatever they are made of', (t) => {
  const long = 'a'.repeat(200);
  const names = [
    'a b',
    'a/b',
    'a-b',
    '../a-b',
    'A-b',
    '',
    '.',
    '..',
    long,
    `${long}b`,
    'é',
    'ü',
    '__proto__',
    '-a',
    'a',
  ];
  const folders = names.map(folderName);
  // What is a folder's name already is not taken by one that becomes it.
  folders.push(...folders.map(folderName).filter((name) => !folders.includes(name)));
  t.is(new Set(folders.map((name) => name.toLowerCase())).size, folders.length);
  t.true(folders.every((name) => /^[\w-][\w.-]{0,119}$/.test(name)));
  const run = '20260101T000000Z-digit-recognizer-swa-b9035b65';
  t.is(folderName(run), run);
  t.not(reportStudy({ ...study, definition: { ...study.definition, name: 'swa-budgets' } }).name, 'swa-budgets');
});

test('a report of a study has all of its figures, light and dark, and says what they show', async (t) => {
  const folder = await temporaryFolder(t);
  const report = reportStudy(study);
  const { html, figures } = await writeReport(folder, report);
  const text = await readFile(html, 'utf8');
  const names = report.sections.flatMap(({ figures: of = [] }) => of.map(({ name }) => name));
  t.deepEqual(names.toSorted(), ['contour', 'history', 'importance', 'intermediate', 'parallel', 'slice', 'timeline']);
  t.is(figures.length, 2 * names.length);
  for (const appearance of ['light', 'dark']) {
    const image = new RegExp(
      `<img class="${appearance}" src="data:image/svg\\+xml;base64,[^"]+" width="\\d+" height="\\d+" alt="[^"]+" />`,
      'g',
    );
    t.is(text.match(image)?.length, 7, appearance);
  }
  // Paper is light, whatever the system prefers.
  t.false(/@media \(prefers-color-scheme/.test(text));
  t.regex(text, /The best 5 of 5 complete trials/);
  // The same study, the same report.
  await writeReport(folder, reportStudy(study));
  t.is(await readFile(html, 'utf8'), text);
});

test('a report of accuracies is in percent, in its table and in its pictures', async (t) => {
  const task = {
    competition: 'c',
    model: 'mlp',
    method: 'swa',
    engine: 'simd',
    epochs: 2,
    folds: 1,
    fixed: {},
    images: '',
  };
  const { sections } = reportStudy({ ...study, definition: { ...study.definition, task } });
  t.is(sections.find(({ title }) => title === 'Best trials')?.tables?.[0].rows[0][1], '95.00 %');
  const figures = sections.flatMap(({ figures: of = [] }) => of);
  for (const name of ['history', 'intermediate', 'slice', 'parallel', 'contour']) {
    const svg = await figures.find((figure) => figure.name === name)!.draw(themes.light);
    t.true(svg.includes('accuracy (%)'), name);
    t.false(svg.includes('objective value'), name);
  }
});

test('a study without a complete trial has a report', async (t) => {
  const folder = await temporaryFolder(t);
  const young = { ...study, trials: study.trials.slice(2, 4), bestTrial: null };
  const { html } = await writeReport(folder, reportStudy(young));
  t.regex(await readFile(html, 'utf8'), /No trial is complete yet/);
});

test('a PNG of an image holds its pixels', (t) => {
  const pixels = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const png = Buffer.from(encodePng({ width: 3, height: 2, channels: 1 }, pixels));
  t.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [3, 2]);
  const at = png.indexOf('IDAT');
  const content = png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4));
  t.deepEqual([...inflateSync(content)], [0, 1, 2, 3, 0, 4, 5, 6]);
  t.is(png.readUInt32BE(at + 4 + content.length), crc32(Buffer.concat([Buffer.from('IDAT'), content])));
  const decoded = PNG.sync.read(encodePng({ width: 1, height: 2, channels: 3 }, pixels));
  t.deepEqual([...decoded.data], [1, 2, 3, 255, 4, 5, 6, 255]);
  t.throws(() => encodePng({ width: 1, height: 1, channels: 2 }, pixels), { instanceOf: RangeError });
});

test('misclassified images stand in rows with what they are and were taken for', async (t) => {
  const pixels = new Uint8Array(new SharedArrayBuffer(2 * 4));
  const labels = new Uint16Array(new SharedArrayBuffer(2 * 2));
  const images = { shape: { width: 2, height: 2, channels: 1 }, count: 2, pixels, labels };
  const mistakes = [{ row: 1, label: 0, predicted: 1, confidence: 0.987 }];
  const svg = await mistakeGrid({ images, mistakes, classes: ['<a>', 'T-shirt/top'], label }, themes.light);
  t.regex(svg, />&lt;a&gt; → T-sh\.<\/text>.*>98\.7 %</);
  t.deepEqual(gridSize(11), { width: 760, height: 208 });
});

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
