import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runIn } from './in-process.ts';
import { filesIn, sharedProject, smallProject, start } from './process.ts';

const small = ['--data-dir', 'digits', '--images', '100'];
const five = ['--points', '5'];

const { folder, data } = sharedProject();
test.serial.before(async (t) => {
  const submit = ['submit', ...data, '--folds', '2', '--epochs', '12', '-q', '--method', 'swa,plain,snapshot'];
  t.is((await runIn(folder, submit)).code, 0);
});

test.serial('planes, rays, lines, spectra, curves and trajectories of small runs', async (t) => {
  const analyze = async (...words: string[]) => {
    const { code, stdout, stderr } = await runIn(folder, ['analyze', ...words, ...small, '-q', '--json']);
    t.is(code, 0, stderr);
    const result = JSON.parse(stdout);
    const files = await filesIn(join(folder, result.folder));
    for (const name of ['index.html', 'result.json']) t.true(files.includes(name), name);
    for (const ending of ['.svg', '.png']) t.true(files.some((file) => file.endsWith(ending)));
    t.like(result, JSON.parse(await readFile(join(folder, result.folder, 'result.json'), 'utf8')));
    return result;
  };

  const plane = await analyze('plane', '--run', 'swa,plain,snapshot@1.2', ...five);
  t.is(plane.points.length, 25);
  t.deepEqual(
    plane.marks.map(({ name }: { name: string }) => name),
    ['SWA', 'plain', 'Snapshot', 'mean of three'],
  );
  t.like(plane.solutions[2], { fold: 1, solution: 2 });
  // If a run keeps several points, the plane goes through three of them, else along two random directions.
  t.is((await analyze('plane', '--run', 'snapshot', ...five)).marks.length, 4);
  t.is((await analyze('plane', '--run', 'snapshot@1.2', ...five)).marks.length, 1);

  const rays = await analyze('rays', '--rays', '2', ...five);
  t.deepEqual([rays.rays.length, rays.rays[0].length, rays.rays[0][0].length], [2, 2, 5]);
  t.deepEqual(rays.rays[0][0][0], rays.rays[0][1][0], 'all rays begin at the solution');

  const line = await analyze('line', '--points', '4');
  t.deepEqual(
    line.points.map(({ t: at }: { t: number }) => Number(at.toFixed(2))),
    [-0.5, 0, 0.17, 0.83, 1, 1.5],
  );

  const trajectory = await analyze('trajectory', ...five);
  t.true(trajectory.isSame);
  t.is(trajectory.path.length, 13);
  t.is(trajectory.compared.at(-1).epoch, 12);

  const [{ eigenvalues, name }] = (await analyze('spectrum', '--quick')).spectra;
  t.is(name, 'SWA');
  t.is(eigenvalues.length, 5);
  t.true(eigenvalues.every((value: number, k: number) => k === 0 || value <= eigenvalues[k - 1]));

  const curve = await analyze('curve', '--epochs', '2', ...five);
  t.deepEqual(
    curve.ways.map((way: { name: string }) => way.name),
    ['chord', 'bezier', 'polygonal'],
  );
});

test.serial('a plane that was killed goes on, and ends as if it had not been', async (t) => {
  const words = ['analyze', 'plane', '--run', 'swa', ...small, '--points', '9', '--json'];
  const killed = await start(folder, words, {}, { signal: 'SIGKILL', at: 'A coarse picture' }).ended;
  t.is(killed.code, null);
  const again = await runIn(folder, [...words, '--workers', '1']);
  t.is(again.code, 0, again.stderr);
  const { folder: place, points } = JSON.parse(again.stdout);
  await rm(join(folder, place), { recursive: true });
  t.deepEqual(JSON.parse((await runIn(folder, words)).stdout).points, points);
});

test.serial('names that mean no run, several, or the wrong ones end with one sentence', async (t) => {
  const say = async (...words: string[]): Promise<string> => sayIn(folder, ...words);
  const sayIn = async (place: string, ...words: string[]): Promise<string> => {
    const { code, stderr } = await runIn(place, ['analyze', ...words, '--data-dir', 'digits', '-q']);
    t.is(code, 2);
    t.is(stderr.trimEnd().split('\n').length, 1);
    return stderr;
  };
  const { folder: untrained } = await smallProject(t);
  t.regex(await sayIn(untrained, 'plane'), /^runs: expected a run of swa, found none\. Train one: npm run submit/);
  t.regex(await say('line', '--run', 'swa,plian'), /^runs: expected a run whose name contains "plian", found none\./);
  t.regex(
    await say('line', '--run', 'swa,synthetic'),
    /^Expected "synthetic" to be a part of the name of one run, got 3, /,
  );
  t.regex(await say('line', '--run', 'swa@3,swa'), /expected a fold from 1 to 2 after @, got 3\./);
  t.regex(await say('line', '--run', 'swa@1.2,swa'), /expected a solution from 1 to 1 of fold 1, got 2\./);
  t.regex(await say('line', '--run', 'swa'), /^Expected --run to name two solutions, got 1\./);
  t.regex(
    await say('plane', '--run', 'swa@1,swa@2'),
    /^Expected at least 100 images that all of these runs were trained on, got 0/,
  );
  t.regex(await say('plane', '--run', 'swa,plain,swa'), /span a plane/);
  t.regex(await say('rays', '--run', 'swa,,swa'), /^Expected --run to be names separated by commas/);
});
