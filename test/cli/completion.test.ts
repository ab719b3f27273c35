/** What shells complete. */
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStudy } from '../../search/index.ts';
import { runIn } from './in-process.ts';
import { run, temporaryFolder } from './process.ts';
import { csvOf, recordRun } from '../submissions/runs.ts';

const wordsAfter = async (folder: string, ...typed: string[]): Promise<string[]> => {
  const { code, stdout, stderr } = await runIn(folder, ['complete-words', ...typed]);
  if (code !== 0) throw new Error(stderr);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0]]));
};

test.serial('commands, options, choices and files are completed', async (t) => {
  const folder = await temporaryFolder(t);
  const expected: readonly [typed: readonly string[], words: readonly string[]][] = [
    [['st'], ['start', 'study']],
    [['study', 'e'], ['export']],
    [['--v'], ['--version']],
    [['search', '--sa'], ['--sampler']],
    [['search', '--sampler', 'r'], ['random']],
    [['search', '--sampler=r'], ['--sampler=random']],
    // As bash takes it apart.
    [['search', '--sampler', '=', 'r'], ['random']],
    [['submit', '--method', 'swa,sna'], ['swa,snapshot']],
    [['submit', '--data-dir', ''], [':folders']],
    [['submit', '--solution', 'x'], [':files']],
    [['submit', '--workers', ''], []],
    [
      ['submit', '--params', 'be'],
      ['best', ':files'],
    ],
    [['export', '--format', 's'], ['safetensors']],
    [['data', 'fash'], ['fashion-mnist']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['nothing', ''], []],
    [['study', 'show', '--storage', 'none.db', ''], []],
    [[], ['start']],
  ];
  for (const [typed, words] of expected) {
    const found = await wordsAfter(folder, ...typed);
    t.deepEqual(typed.length === 0 ? found.slice(0, 1) : found, words, typed.join(' '));
  }
  const left = await wordsAfter(folder, 'submit', '--seed', '1', '--se');
  t.deepEqual(left, [], 'an option that was typed is not offered again');
});

test.serial('names of studies and runs are completed, those of a kept storage too', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, '.wide-optima.json'), '{"storage": "kept.db"}');
  const study = await openStudy({ name: 'first-swa', direction: 'maximize', storage: join(folder, 'kept.db') });
  await study.close();
  t.deepEqual(await wordsAfter(folder, 'study', 'show', ''), ['first-swa']);
  await mkdir(join(folder, 'runs'));
  await recordRun(join(folder, 'runs'), { file: join(folder, 'out.csv'), csv: csvOf([1, 2]) });
  const [, name] = await wordsAfter(folder, 'runs', 'show', 'plain');
  t.regex(name, /^plain-[0-9a-f]{8}$/);
  for (const list of [['analyze', 'line'], ['export']]) {
    t.deepEqual(await wordsAfter(folder, ...list, '--run', 'swa,plain-'), [`swa,${name}`]);
  }
  t.deepEqual(await wordsAfter(folder, 'average', '--run', 'swa,plain-'), []);
});

test('bash completes with the script that it is given', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'images of mine'));
  const { stdout: script } = await run(folder, ['completion', 'bash']);
  const tries = `
    try() { COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _wide_optima; printf '%s|' "\${COMPREPLY[@]}"; echo; }
    try wide-optima star
    try wide-optima submit --method swa,sna
    try wide-optima submit --data-dir im`;
  const said = execFileSync('bash', ['--norc', '-c', `${script}\n${tries}`], { cwd: folder, encoding: 'utf8' });
  t.is(said, 'start|\nswa,snapshot|\nimages of mine|\n');
  const unknown = await run(folder, ['completion', 'tcsh']);
  t.deepEqual([unknown.code, unknown.stderr], [2, 'Unknown shell "tcsh". Known: bash, zsh, fish.\n']);
});
