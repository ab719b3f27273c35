/**
 * The package as others get it: packed, installed offline in an empty project, and used from JavaScript, TypeScript and
 * the command line. Packing builds anew and takes a minute, so it runs alone, where it is asked for.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const isHere = Boolean(process.env.TEST_PACKAGE);
const later = isHere ? test.serial : test.serial.skip;
const reason = isHere ? '' : ' (a minute: TEST_PACKAGE=1 npx ava test/package/package.test.ts)';

let project: string;
/** npm's own Node.js may be older than what the package asks for. */
const environment = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
const node = (...words: string[]) =>
  run(process.execPath, ['--disable-warning=ExperimentalWarning', ...words], { cwd: project, env: environment });
const npx = (...words: string[]) => run('npx', ['wide-optima', ...words], { cwd: project, env: environment });

interface Lock {
  readonly packages: Record<string, { dev?: boolean; link?: boolean; dependencies?: object; bin?: object }>;
}

if (isHere) {
  test.before(async () => {
    project = await mkdtemp(join(tmpdir(), 'wide-optima-client-'));
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], { cwd: root });
    const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as { filename: string }[];
    const own = { 'wide-optima': `file:${filename}` };
    // The same versions as here, which npm has in its cache.
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;
    const { dependencies, bin } = lock.packages[''];
    const needed = Object.entries(lock.packages).filter(([path, { dev, link }]) => path !== '' && !dev && !link);
    const packages = {
      '': { name: 'client', dependencies: own },
      'node_modules/wide-optima': { version: '0.1.0', resolved: own['wide-optima'], dependencies, bin },
      ...Object.fromEntries(needed.filter(([path]) => path.startsWith('node_modules/'))),
    };
    await writeFile(
      join(project, 'package.json'),
      JSON.stringify({ name: 'client', type: 'module', dependencies: own }),
    );
    await writeFile(
      join(project, 'package-lock.json'),
      JSON.stringify({ name: 'client', lockfileVersion: 3, requires: true, packages }),
    );
    await run('npm', ['ci', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: project });
  });
  test.after.always(() => rm(project, { recursive: true, force: true }));
}

later(`a JavaScript client asks and tells a study${reason}`, async (t) => {
  const client = `
    import { openStudy } from 'wide-optima/search';
    const study = await openStudy({ name: 'parabola', direction: 'minimize', storage: 'studies.db', seed: 1 });
    for (let i = 0; i < 5; i += 1) {
      const trial = await study.ask();
      await study.tell(trial, (trial.suggestFloat('x', -5, 5) - 2) ** 2);
    }
    await study.close();
    console.log(JSON.stringify({ trials: study.trials.length, best: study.bestTrial.value }));`;
  await writeFile(join(project, 'study.js'), client);
  const { stdout } = await node('study.js');
  t.is(JSON.parse(stdout).trials, 5);
  t.true(JSON.parse(stdout).best < 25);
});

later(`a TypeScript client trains SWA on the built-in digits and predicts, and its types check${reason}`, async (t) => {
  const client = `
    import { loadData, train } from 'wide-optima';
    import { findModel } from 'wide-optima/models';
    import { methods } from 'wide-optima/pipeline';
    const data = await loadData('synthetic-digits');
    const ensemble = await train(data, { method: 'swa', epochs: 12, folds: 2, seed: 1 });
    const probabilities: Float32Array = await ensemble.predict(data.test.images);
    console.log(JSON.stringify({
      accuracy: ensemble.outOfFold.accuracy, values: probabilities.length, methods: Object.keys(methods).length,
      model: typeof findModel('digit-cnn'),
    }));`;
  await writeFile(join(project, 'client.ts'), client);
  const options = { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, skipLibCheck: true, types: [] };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['client.ts'] }));
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project]);
  const said = JSON.parse((await node('client.ts')).stdout);
  t.is(said.values, 50_000);
  t.true(said.accuracy > 0.9, String(said.accuracy));
  t.is(said.model, 'function');
});

later(`npx wide-optima works in the project's own folder and names its commands so${reason}`, async (t) => {
  await mkdir(join(project, 'submissions'), { recursive: true });
  await npx('submit', '--method', 'plain', '--competition', 'synthetic-digits', '--epochs', '1', '--folds', '2', '-q');
  t.true((await readdir(join(project, 'submissions/synthetic-digits/latest'))).includes('plain.csv'));
  t.true((await readdir(join(project, 'data/raw/synthetic-digits'))).includes('train.csv'));
  t.is((await readdir(join(project, 'runs'))).filter((name) => /^\d{8}T/.test(name)).length, 1);
  t.regex((await npx('search', '--help')).stdout, /npx wide-optima search --method swa --trials 50/);
});

later(
  `kernels compiles the kernels in C where the package is installed, and training takes them${reason}`,
  async (t) => {
    const submit = async (name: string): Promise<string> => {
      const words = ['--method', 'plain', '--competition', 'synthetic-digits', '--epochs', '1', '--folds', '2', '-q'];
      await npx('submit', ...words, '--name', name, '--seed', '2');
      return readFile(join(project, `submissions/synthetic-digits/${name}/plain.csv`), 'utf8');
    };
    const kernelsOf = async (name: string): Promise<string> => {
      const { runs } = JSON.parse((await npx('runs', 'list', '--json', '-q')).stdout) as {
        runs: { name: string; id: string }[];
      };
      const { id } = runs.find((one) => one.name === name)!;
      return JSON.parse(await readFile(join(project, 'runs', id, 'record.json'), 'utf8')).environment.kernels;
    };
    const none = await t.throwsAsync(
      run('npx', ['wide-optima', 'kernels'], { cwd: project, env: { ...environment, CC: 'none' } }),
    );
    t.regex((none as unknown as { stderr: string }).stderr, /Expected a C compiler \(cc, gcc or clang/);
    const before = await submit('before');
    t.is(await kernelsOf('before'), 'wasm');

    const { stdout } = await npx('kernels', '--json', '-q').catch(() => ({ stdout: '' }));
    if (stdout === '') return t.log('There is no compiler here.');
    const { built, used, problems } = JSON.parse(stdout);
    t.deepEqual(problems, []);
    // A processor may lack the registers of the others.
    t.true(built.find(({ name }: { name: string }) => name === used).kernels > 50);
    t.is(await submit('after'), before);
    t.is(await kernelsOf('after'), used);
    t.true(JSON.parse((await npx('kernels', '--json', '-q')).stdout).kept);
  },
);

later(`the recipes are in the package: submit plans a budget by one that it chooses${reason}`, async (t) => {
  const names = await readdir(join(project, 'node_modules/wide-optima/dist/recipes'));
  t.deepEqual(names.toSorted(), (await readdir(join(root, 'recipes'))).toSorted());
  const { stdout, stderr } = await npx('submit', '--budget', '2m', '--competition', 'synthetic-digits', '--dry-run');
  t.regex(stderr, /Recipe: digits\./);
  t.regex(stdout, / first +digit-cnn +plain /);
});

later(`the door of the search loads neither kernels nor tf.js nor a database driver${reason}`, async (t) => {
  const client = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    await import('wide-optima/search');
    console.log(JSON.stringify(loaded));`;
  await writeFile(join(project, 'doors.js'), client);
  const loaded: string[] = JSON.parse((await node('doors.js')).stdout);
  t.true(loaded.some((url) => url.endsWith('/search/index.js')));
  t.deepEqual(
    loaded.filter((url) => /tensorflow|\/pg\/|node:sqlite|\/models\/|\/pipeline\/|\/data\/|echarts/.test(url)),
    [],
  );
});
