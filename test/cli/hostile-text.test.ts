import test, { type ExecutionContext } from 'ava';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { competitions } from '../../data/competitions/index.ts';
import { parametersSchema } from '../../pipeline/parameters.ts';
import { openStudy } from '../../search/open-study.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';
import { storeStudyAs } from '../helpers/stored-study.ts';
import { createProgram } from '../../cli/program.ts';
import { commands } from '../../cli/commands/index.ts';
import { allCommands, runHere } from './in-process.ts';

/** Clears the screen, sets a title, hides what follows, turns its direction: in C0, C1 and Unicode; and a false line. */
const EVIL = '\u001B[2J\u001B]0;x\u0007\u009B31m\u202Etxt.\u2066\u200B\u{E0041}\r\nok\u2028\t\u007F';
/** Nothing of it may come out. Line ends are ours. */
const harmless = /^(?:\n|[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}])*$/u;

const folder = mkdtempSync(join(tmpdir(), 'wide-optima-'));
process.chdir(folder);
test.before(() => writeSyntheticDigits('digits', { train: 40, test: 20 }));
test.after.always(() => rmSync(folder, { recursive: true }));
const data = ['--competition', 'synthetic-digits', '--data-dir', 'digits'];

/** To a person, as JSON, and to whoever looks for an error. */
const everyWay: readonly string[][] = [[], ['--json'], ['--debug']];

const sayings = (t: ExecutionContext, ...words: string[]): Promise<string> => said(t, words, everyWay);

async function said(t: ExecutionContext, words: readonly string[], ways: readonly string[][] = [[]]): Promise<string> {
  let all = '';
  for (const more of ways) {
    const { stdout, stderr } = await runHere([...words, ...more]);
    const about = `${words.join(' ')} ${more.join(' ')}`;
    t.regex(stdout, harmless, about);
    t.regex(stderr, harmless, about);
    if (more[0] === '--json' && stdout !== '') t.notThrows(() => JSON.parse(stdout), about);
    if (more.length === 0) all += stdout + stderr;
  }
  t.not(all, '', words.join(' '));
  return all;
}

test.serial('a hostile text after any option, or as any name, reaches no terminal', async (t) => {
  const program = createProgram(commands, async () => {});
  const tried = new Set<unknown>();
  for (const { words, command } of allCommands) {
    await sayings(t, ...words, `--${EVIL}`);
    const typed = words.reduce((inner, word) => inner.commands.find((one) => one.name() === word)!, program);
    const files = command.files ? [EVIL] : [];
    // Without data nothing is trained, whatever the option. The dashboard would be served, and experiments run.
    const nowhere = 'dataDir' in command.options ? [`--data-dir=nowhere${EVIL}`] : [];
    if (words[0] === 'dashboard' || (nowhere.length === 0 && files.length === 0)) continue;
    await sayings(t, ...words, ...nowhere, ...files);
    for (const { long, flags } of typed.options.filter(({ required }) => required)) {
      if (long === '--data-dir') continue;
      // The option of another command is refused as it was there, however it is told.
      const definition = Object.values(command.options).find((option) => option.flags === flags);
      const ways = tried.has(definition) ? [[]] : everyWay;
      await said(t, [...words, ...nowhere, `${long}=${EVIL}`, ...files], ways);
      tried.add(definition);
    }
  }
  await sayings(t, EVIL);
});

test.serial('hostile JSON of a person reaches no terminal', async (t) => {
  const rate = { kind: 'float', low: 0.01, high: 0.1 };
  const files: Readonly<Record<string, string>> = {
    'no-json': EVIL,
    'bad-token': `{"learningRate": ${EVIL}}`,
    key: JSON.stringify({ [EVIL]: 1 }),
    list: JSON.stringify([EVIL]),
    text: JSON.stringify(EVIL),
    ...Object.fromEntries(Object.keys(parametersSchema.shape).map((name) => [name, JSON.stringify({ [name]: EVIL })])),
    augment: JSON.stringify({ augment: { [EVIL]: 1 } }),
    kind: JSON.stringify({ learningRate: { kind: EVIL } }),
    option: JSON.stringify({ learningRate: { ...rate, [EVIL]: 1 } }),
    bound: JSON.stringify({ learningRate: { ...rate, low: EVIL } }),
    choice: JSON.stringify({ optimizer: { kind: 'categorical', choices: [EVIL] } }),
    twice: JSON.stringify({ optimizer: { kind: 'categorical', choices: [EVIL, EVIL] } }),
    parameter: JSON.stringify({ [EVIL]: rate }),
  };
  const method = ['--method', 'plain', '--epochs', '1', '--folds', '2', '--workers', '1'];
  for (const [name, content] of Object.entries(files)) {
    const file = `${name}-${EVIL}.json`;
    writeFileSync(file, content);
    await said(t, ['submit', ...data, ...method, '--params', file]);
    await said(t, ['search', ...data, ...method, '--space', file]);
    if (name in parametersSchema.shape) {
      await said(t, ['search', ...data, ...method, '--fix', `${name}=${EVIL.replaceAll(/\s/g, '')}`]);
    } else await said(t, ['search', ...data, ...method, '--enqueue', file]);
  }
});

test.serial('a study with hostile names, choices and attributes reaches no terminal', async (t) => {
  const study = await openStudy({ storage: 'studies.db', name: 'good', direction: 'maximize', seed: 1 });
  for (let i = 0; i < 3; i += 1) {
    const trial = await study.ask();
    trial.suggestFloat('xEVIL', 0, 1);
    trial.suggestCategorical('EVIL', ['EVIL', 'x'.repeat(2_500)]);
    trial.setUserAttribute('EVIL', 'EVIL');
    await study.tell(trial, i === 2 ? { state: 'FAIL', reason: 'EVIL' } : i);
  }
  await study.close();
  const evil = JSON.stringify(EVIL).slice(1, -1);
  const changed = (trial: FrozenTrial): FrozenTrial => JSON.parse(JSON.stringify(trial).replaceAll('EVIL', () => evil));
  for (const name of [EVIL, '__proto__', `${EVIL}2`]) await storeStudyAs('studies.db', 'good', name, changed);
  const storage = ['--storage', 'studies.db'];
  for (const words of [
    ['list'],
    ...['show', 'best', 'trials', 'export'].flatMap((name) => [
      [name],
      [name, EVIL],
      [name, '__proto__'],
      [name, 'none'],
    ]),
    ['show', EVIL, '--importance', 'fanova'],
    ['export', EVIL, '--format', 'json'],
    ['export', EVIL, '--format', 'optuna-journal'],
    ['delete', 'ok'],
    ['delete', EVIL],
  ]) {
    const all = await sayings(t, 'study', ...words, ...storage);
    // These two are for programs, and whole.
    t.true(
      words[0] === 'export' || words[0] === 'best' || all.split('\n').every(({ length }) => length < 2_000),
      words.join(' '),
    );
  }
  // Charts take most of the time: they are the same however they are told.
  for (const name of [EVIL, '__proto__']) await said(t, ['report', name, ...storage]);
  for (const name of ['ok', 'none']) await sayings(t, 'report', name, ...storage);
  await sayings(t, 'worker', ...storage, '--study', EVIL);
});

test.serial('files and folders with hostile names and contents reach no terminal', async (t) => {
  const run = join('runs', `20250101T000000Z-${EVIL}`);
  mkdirSync(run, { recursive: true });
  for (const record of [EVIL, JSON.stringify({ [EVIL]: 1 }), JSON.stringify({ id: EVIL, configuration: EVIL })]) {
    writeFileSync(join(run, 'record.json'), record);
    for (const words of [
      ['leaderboard'],
      ['average'],
      ['export'],
      ['export', '--run', EVIL],
      ['report'],
      ['report', 'ok'],
    ]) {
      await sayings(t, ...words);
    }
    for (const kind of ['plane', 'line', 'rays', 'spectrum', 'curve', 'trajectory'])
      await sayings(t, 'analyze', kind, '--workers', '1');
  }
  const csv = `out${EVIL}.csv`;
  for (const content of [EVIL, `ImageId,Label\n1,${EVIL}\n`, `ImageId,${EVIL}\n1,2\n`, `ImageId,Label\n${EVIL},1\n`]) {
    writeFileSync(csv, content);
    await sayings(t, 'compare', ...data, csv, csv);
    await sayings(t, 'compare', ...data, csv, csv, '--solution', csv);
    await sayings(t, 'leaderboard', '--add', '0.5', '--submission', csv);
    await sayings(t, 'kaggle', 'submit', '--data-dir', 'digits', csv, '--dry-run');
  }
  const models: Readonly<Record<string, string>> = {
    [`model${EVIL}.safetensors`]: EVIL,
    [`model${EVIL}.json`]: EVIL,
    'topology.json': JSON.stringify({
      format: 'layers-model',
      modelTopology: { class_name: EVIL },
      weightsManifest: [],
    }),
    'manifest.json': JSON.stringify({
      modelTopology: {},
      weightsManifest: [{ paths: [EVIL], weights: [{ name: EVIL, shape: [1], dtype: EVIL }] }],
    }),
  };
  for (const [name, content] of Object.entries(models)) {
    writeFileSync(name, content);
    await sayings(t, 'import', ...data, name);
  }
  for (const { id, files } of competitions) {
    const place = `data-${id}`;
    mkdirSync(place);
    for (const file of Object.values(files)) if (typeof file === 'string') writeFileSync(join(place, file), EVIL);
    if (id !== 'synthetic-digits') await sayings(t, 'submit', '--competition', id, '--data-dir', place);
    writeFileSync(join(place, 'train.csv'), `${EVIL}\n1,2\n`);
    writeFileSync(join(place, 'test.csv'), `pixel0\n${EVIL}\n`);
    if (id !== 'synthetic-digits') await sayings(t, 'data', '--competition', id, '--data-dir', place);
  }
});
