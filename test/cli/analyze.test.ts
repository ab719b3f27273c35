import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { filesIn, run, smallProject, start } from './process.ts';

const small = ['--images', '100', '--points', '5'];

test('plane, rays, line, spectrum, curve and trajectory of small runs', async (t) => {
  const { folder, data } = await smallProject(t);
  const submit = ['submit', ...data, '--folds', '2', '--epochs', '4', '-q'];
  t.is((await run(folder, [...submit, '--method', 'swa,plain'])).code, 0);
  t.is((await run(folder, [...submit, '--method', 'snapshot'])).code, 0);
  const dataDir = ['--data-dir', 'digits'];
  const analyze = async (...words: string[]) => {
    const { code, stdout, stderr } = await run(folder, ['analyze', ...words, ...dataDir, ...small, '-q', '--json']);
    t.is(code, 0, stderr);
    const result = JSON.parse(stdout);
    const files = await filesIn(join(folder, result.folder));
    for (const name of ['index.html', 'result.json']) t.true(files.includes(name), name);
    for (const ending of ['.svg', '.png']) t.true(files.some((file) => file.endsWith(ending)));
    t.like(result, JSON.parse(await readFile(join(folder, result.folder, 'result.json'), 'utf8')));
    return result;
  };

  const plane = await analyze('plane', '--runs', 'swa,plain,snapshot@2');
  t.is(plane.points.length, 25);
  t.deepEqual(
    plane.marks.map(({ name }: { name: string }) => name),
    ['SWA', 'plain', 'Snapshot', 'mean of three'],
  );
  t.deepEqual(plane.solutions[2].fold, 2);
  // The plane of the points of one run, and that of two random directions around one of them.
  t.is((await analyze('plane', '--runs', 'snapshot')).marks.length, 4);
  t.is((await analyze('plane', '--runs', 'snapshot@1.2')).marks.length, 1);
  // A second time nothing is evaluated, and the same comes out.
  t.deepEqual(await analyze('plane', '--runs', 'swa,plain,snapshot@2'), plane);

  const rays = await analyze('rays', '--rays', '2');
  t.deepEqual([rays.rays.length, rays.rays[0].length, rays.rays[0][0].length], [2, 2, 5]);
  t.deepEqual(rays.rays[0][0][0], rays.rays[0][1][0], 'all rays begin at the solution');

  const line = await analyze('line');
  const marked = line.points.filter(({ t: at }: { t: number }) => at === 0 || at === 1);
  t.is(marked.length, 2);

  const trajectory = await analyze('trajectory');
  t.true(trajectory.isSame);
  t.is(trajectory.path.length, 5);
  t.is(trajectory.compared.at(-1).epoch, 4);
});

test('spectrum and curve of small runs', async (t) => {
  const { folder, data } = await smallProject(t);
  const submitted = await run(folder, [
    'submit',
    ...data,
    '--folds',
    '2',
    '--epochs',
    '4',
    '-q',
    '--method',
    'swa,plain',
  ]);
  t.is(submitted.code, 0);
  const options = ['--data-dir', 'digits', '--images', '100', '--quick', '-q', '--json'];
  const spectrum = await run(folder, ['analyze', 'spectrum', ...options]);
  t.is(spectrum.code, 0, spectrum.stderr);
  const [{ eigenvalues, name }] = JSON.parse(spectrum.stdout).spectra;
  t.is(name, 'SWA');
  t.is(eigenvalues.length, 5);
  t.true(eigenvalues.every((value: number, k: number) => k === 0 || value <= eigenvalues[k - 1]));
  const curve = await run(folder, ['analyze', 'curve', ...options, '--epochs', '3', '--points', '5']);
  t.is(curve.code, 0, curve.stderr);
  t.deepEqual(
    JSON.parse(curve.stdout).ways.map((way: { name: string }) => way.name),
    ['chord', 'bezier', 'polygonal'],
  );
});

test('a plane that was killed goes on, and ends as if it had not been', async (t) => {
  const { folder, data } = await smallProject(t);
  const submit = ['submit', ...data, '--folds', '2', '--epochs', '1', '-q', '--method', 'swa'];
  t.is((await run(folder, submit)).code, 0);
  const words = [
    'analyze',
    'plane',
    '--runs',
    'swa',
    '--data-dir',
    'digits',
    '--images',
    '100',
    '--points',
    '33',
    '--json',
  ];
  const { child, said, ended } = start(folder, words);
  await said('A coarse picture');
  child.kill('SIGKILL');
  await ended;
  const again = await run(folder, [...words, '--workers', '1']);
  t.is(again.code, 0, again.stderr);
  const fresh = await smallProject(t);
  t.is((await run(fresh.folder, submit)).code, 0);
  const whole = JSON.parse((await run(fresh.folder, words)).stdout);
  t.deepEqual(JSON.parse(again.stdout).points, whole.points);
});

test('names that mean no run, several, or the wrong ones end with one sentence', async (t) => {
  const { folder, data } = await smallProject(t);
  const say = async (...words: string[]): Promise<string> => {
    const { code, stderr } = await run(folder, ['analyze', ...words, '--data-dir', 'digits', '-q']);
    t.is(code, 2);
    t.is(stderr.trimEnd().split('\n').length, 1);
    return stderr;
  };
  t.regex(await say('plane'), /^runs: expected a run of swa, found none\. Train one: npm run submit/);
  const submit = ['submit', ...data, '--folds', '2', '--epochs', '1', '-q', '--method', 'swa'];
  for (const seed of ['1', '2']) t.is((await run(folder, [...submit, '--seed', seed])).code, 0);
  t.regex(await say('line', '--runs', 'swa,plian'), /^runs: expected a run whose name contains "plian", found none\./);
  t.regex(
    await say('line', '--runs', 'swa,synthetic'),
    /^Expected "synthetic" to be a part of the name of one run, got 2, /,
  );
  t.regex(await say('line', '--runs', 'swa@3,swa'), /expected a fold from 1 to 2 after @, got 3\./);
  t.regex(await say('line', '--runs', 'swa@1.2,swa'), /expected a solution from 1 to 1 of fold 1, got 2\./);
  t.regex(await say('line', '--runs', 'swa'), /^Expected --runs to name two solutions, got 1\./);
  t.regex(await say('line', '--runs', 'swa,swa'), /^Expected two different solutions, got the same weights twice\./);
  t.regex(await say('plane', '--runs', 'swa@1,swa@2'), /^Expected --runs to name three solutions/);
  t.regex(await say('plane', '--runs', 'swa,swa@2,swa'), /span a plane/);
  t.regex(await say('plane', '--runs', 'nowhere/'), /^nowhere\/record\.json: expected a file of a run record/);
  t.regex(await say('rays', '--runs', 'swa,,swa'), /^Expected --runs to be names separated by commas/);
  t.regex(await say('rays', '--radius', '0'), /^Expected --radius to be a number above 0/);
});
