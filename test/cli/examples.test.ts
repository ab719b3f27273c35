import test from 'ava';
import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CommanderError } from 'commander';
import type { Command, CommandGroup } from '../../cli/command.ts';
import { commands } from '../../cli/commands/index.ts';
import { createProgram, typedOf } from '../../cli/program.ts';
import { smallProject, temporaryFolder } from './process.ts';
import { runIn } from './in-process.ts';
import { commandLine } from '../../base/command-line.ts';

const root = join(import.meta.dirname, '../..');
const { scripts, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
  version: string;
};
/** What npm does by itself. */
const ownCommands = new Set(['ci', 'pack', 'test', 'start']);

/** Ends the words of a call. */
const END = '<end>';
/** Ends the calls of a line. */
const LINE_END = '<end of line>';

interface NpmCalls {
  readonly calls: readonly string[][];
  /** Written into the working directory. */
  readonly files: readonly string[];
}

/** Runs lines of a shell in which npm only says with which words it was called, each in a folder of its own. */
function callsOfNpm(lines: readonly string[], folder: string): NpmCalls[] {
  const places = lines.map(() => mkdtempSync(join(folder, 'line-')));
  const script = String.raw`npm() { printf '%s\0' "$@" '${END}' >&3; }
while [ $# -gt 0 ]; do
  (cd "$1" && eval "$2") || { printf 'failed: %s\n' "$2" >&2; exit 1; }
  printf '${LINE_END}' >&3
  shift 2
done`;
  const { status, stderr, output } = spawnSync(
    'sh',
    ['-c', script, 'sh', ...lines.flatMap((line, i) => [places[i], line])],
    {
      cwd: folder,
      env: { ...process.env, STUDIES: 'postgres://me@db/studies' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  if (status !== 0) throw new Error(stderr);
  const told = output[3]!.split(LINE_END);
  return places.map((place, i) => ({
    calls: told[i]
      .split(`${END}\0`)
      .slice(0, -1)
      .map((call) => call.split('\0').slice(0, -1)),
    files: readdirSync(place),
  }));
}

/** Parses what npm hands to the program, and runs nothing. @returns what is wrong with each line, else an empty text */
async function faultsOf(lines: readonly string[], folder: string): Promise<string[]> {
  return Promise.all(callsOfNpm(lines, folder).map(faultOf));
}

async function faultOf({ calls, files }: NpmCalls): Promise<string> {
  for (const call of calls) {
    const isSilent = call.some((word) => word === '-s' || word === '--silent');
    if (files.length > 0 && !isSilent) return 'npm prints two lines of its own into the file: use npm -s';
    const [command, ...rest] = call.filter((word) => word !== '-s' && word !== '--silent');
    // In somebody's project: the package that `npm pack` makes here.
    if (command === 'install') {
      if (rest.length === 1 && rest[0].endsWith(`/wide-optima-${version}.tgz`)) continue;
      return `npm pack makes no ${rest.join(' ')}`;
    }
    if (command !== 'run' && !ownCommands.has(command)) return `npm has no command ${command}`;
    const [script, ...args] = command === 'run' ? rest : [command, ...rest];
    if (!['ci', 'pack'].includes(command) && !Object.hasOwn(scripts, script))
      return `package.json has no script ${script}`;
    if (['ci', 'install', 'pack'].includes(command)) continue;
    if (args.length > 0 && args[0] !== '--') return 'npm keeps options that do not follow --';
    const fault = await programFault(script, args.slice(1));
    if (fault !== '') return fault;
  }
  return calls.length === 0 ? 'npm was not called' : '';
}

async function programFault(script: string, words: readonly string[]): Promise<string> {
  const [, file, name] = /(\w+\/main\.m?[jt]s)(?: (\w+))?$/.exec(scripts[script] ?? '') ?? [];
  if (file === 'bench/main.ts') {
    const source = readFileSync(join(root, file), 'utf8');
    const wanted = words.map((word, i) => (i === 0 ? `.command('${word}` : /^--[\w-]+/.exec(word)?.[0]));
    return wanted.find((text) => text !== undefined && !source.includes(text)) ?? '';
  }
  if (file === undefined) return '';
  let parsed = 0;
  const program = createProgram(typedOf(commands, [name, ...words]), async () => void (parsed += 1));
  program.configureOutput({ writeOut() {}, writeErr() {} });
  for (const one of program.commands) {
    for (const inner of [one, ...one.commands]) inner.configureOutput({ writeOut() {}, writeErr() {} });
  }
  try {
    await program.parseAsync([name, ...words], { from: 'user' });
  } catch (error) {
    // A group without a command, and --help, say what there is.
    if (error instanceof CommanderError && ['commander.help', 'commander.helpDisplayed'].includes(error.code))
      return '';
    return String(error);
  }
  return parsed === 1 ? '' : 'nothing would run';
}

const isGroup = (entry: Command | CommandGroup): entry is CommandGroup => 'commands' in entry;

/** Every help text, as it is printed. */
function helpTexts(): [name: string, text: string][] {
  const program = createProgram(commands, async () => {});
  const texts: [string, string][] = [];
  const collect = (name: string, command: typeof program): void => {
    let text = '';
    command.configureOutput({ writeOut: (part) => void (text += part), getOutHelpWidth: () => 1_000 });
    command.outputHelp();
    texts.push([name, text]);
    for (const inner of command.commands) collect(`${name} ${inner.name()}`, inner);
  };
  collect('', program);
  return texts;
}

/** Example lines, up to the two spaces before the reason; and reasons and hints that name a command line. */
const examplesIn = (help: string): string[] => [
  ...[...help.matchAll(/^ {2}(npm .*?)(?: {2,}.*)?$/gm)].map(([, line]) => line),
  ...[...help.matchAll(/(?:then|example): (npm .*)$/gm)].map(([, line]) => line),
];

test('every example in a help text can be typed as it stands', async (t) => {
  const folder = await temporaryFolder(t);
  const counts = new Map<string, number>();
  const examples = helpTexts().flatMap(([name, help]) => {
    const lines = examplesIn(help);
    counts.set(name.trim(), lines.length);
    return lines.map((line) => ({ name, line }));
  });
  const faults = await faultsOf(
    examples.map(({ line }) => line),
    folder,
  );
  for (const [i, { name, line }] of examples.entries()) t.is(faults[i], '', `${name} --help: ${line}`);
  for (const entry of commands) {
    const all = isGroup(entry) ? entry.commands.map(({ name }) => `${entry.name} ${name}`) : [entry.name];
    for (const name of all) t.true((counts.get(name) ?? 0) > 0, `${name} has no example`);
  }
  // The test sees what is wrong.
  const wrong: readonly (readonly [line: string, fault: RegExp])[] = [
    ['npm run study -- best swa > my.json', /two lines of its own/],
    ['npm run search -- --trails 5', /unknown option/],
    ['npm run search --trials 5', /npm keeps options/],
    ['npm run serch', /no script serch/],
    ['npm run study -- bset', /unknown command|too many arguments/],
  ];
  const found = await faultsOf(
    wrong.map(([line]) => line),
    folder,
  );
  for (const [i, [line, fault]] of wrong.entries()) t.regex(found[i], fault, line);
});

/** Command lines in a text: lines of code blocks, and code within lines. `a|b` stands for either. */
function commandLinesIn(markdown: string): { blocks: string[]; inline: string[] } {
  const parts = markdown.split(/^```.*$/m);
  const blocks = parts
    .filter((_, i) => i % 2 === 1)
    .flatMap((block) => Array.from(block.matchAll(/^(?:.*\[sh, -c, ')?(npm [^'\n]*(?:'[^'\n]*'[^'\n]*)*)/gm)));
  const inline = parts
    .filter((_, i) => i % 2 === 0)
    .flatMap((part) => Array.from(part.matchAll(/`(npm (?:-s |run |start|test|ci)[^`]*)`/g)));
  return {
    blocks: blocks.map(([, line]) => line.replace(/'\]$/, '')),
    inline: inline.flatMap(([, line]) => {
      const [, before, either, after] = /^(.*?)([\w-]+(?:\|[\w-]+)+)(.*)$/.exec(line) ?? [];
      return either === undefined ? [line] : either.split('|').map((one) => `${before}${one}${after}`);
    }),
  };
}

/** What stands for a name that the reader puts in. */
const filledIn: readonly (readonly [placeholder: RegExp, name: string])[] = [
  [/(data -- )NAME/, '$1mnist'],
  [/(experiment -- )NAME/, '$1swa-budgets'],
  [/MODEL/, 'mlp'],
];

test('every command line in a document can be typed as it stands', async (t) => {
  const documents = await Array.fromAsync(glob(['*.md', 'docs/**/*.md', 'results/**/*.md'], { cwd: root }));
  t.true(documents.includes('README.md'));
  const found = documents.flatMap((document) => {
    const { blocks, inline } = commandLinesIn(readFileSync(join(root, document), 'utf8'));
    const lines = [...blocks, ...inline].map((line, i) => ({ document, line, isInline: i >= blocks.length }));
    // A usage names its placeholders in brackets, and is no command line.
    return lines.filter(({ line }) => !line.includes('[options]'));
  });
  const typed = found.map(({ line }) =>
    filledIn.reduce((text, [placeholder, name]) => text.replace(placeholder, name), line),
  );
  const faults = await faultsOf(typed, await temporaryFolder(t));
  for (const [i, { document, line, isInline }] of found.entries()) {
    // Within a line, a command may be named without the file that it takes.
    t.regex(faults[i], isInline ? /^$|missing required argument/ : /^$/, `${document}: ${line}`);
  }
  t.true(found.length > 20, `${found.length} command lines`);
});

test('every command line that a message names can be typed', async (t) => {
  const sources = await Array.fromAsync(
    glob(['{cli,data,search,records,submissions,pipeline,models,report,analysis,experiments}/**/*.ts'], { cwd: root }),
  );
  const found: { source: string; call: string; line: string }[] = [];
  const names: Readonly<Record<string, string>> = { data: 'mnist', experiment: 'swa-budgets', submit: 'swa' };
  for (const source of sources) {
    for (const [call, list] of readFileSync(join(root, source), 'utf8').matchAll(/commandLine\(([^)]*)\)/g)) {
      // Words that the call does not spell are one of those that it may get.
      const words = list.split(', ').map((word) => /^'(.*)'$/.exec(word)?.[1] ?? word);
      const isDefinition = words.some((word) => /[:.[<]/.test(word));
      if (isDefinition) continue;
      const typed = words.map((word) => (list.includes(`'${word}'`) ? word : names[words[0]]));
      found.push({ source, call, line: commandLine(typed[0], ...typed.slice(1)) });
    }
  }
  const faults = await faultsOf(
    found.map(({ line }) => line),
    await temporaryFolder(t),
  );
  for (const [i, { source, call }] of found.entries()) {
    t.regex(faults[i], /^$|missing required argument/, `${source}: ${call}`);
  }
  t.true(found.length > 10, `${found.length} command lines`);
});

test('what study best writes by the example in its help is what submit takes, through npm itself', async (t) => {
  const { folder, data } = await smallProject(t);
  for (const name of ['cli', 'node_modules']) symlinkSync(join(root, name), join(folder, name));
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  const search = await runIn(folder, [
    'search',
    ...data,
    '--method',
    'swa',
    '--trials',
    '1',
    '--epochs',
    '12',
    '--folds',
    '2',
    '-q',
  ]);
  t.is(search.code, 0, search.stderr);
  const npm = promisify(execFile);
  const typed = async (line: string): Promise<string> => (await npm('sh', ['-c', line], { cwd: folder })).stdout;
  const [[, example]] = helpTexts()
    .filter(([name]) => name === ' study best')
    .map(([name, help]) => [name, examplesIn(help)[0]]);
  await typed(example);
  const best = JSON.parse(readFileSync(join(folder, 'my.json'), 'utf8'));
  t.deepEqual(Object.keys(best).toSorted(), ['batchSize', 'learningRate', 'momentum', 'patience']);
  const options = `${data.join(' ')} --method swa --epochs 12 --folds 2`;
  const submitted = await typed(`npm run submit -- --params my.json ${options} --out-dir out`);
  t.regex(submitted, /Written: out\/\d{8}T\d{6}Z-swa\/swa\.csv/);

  await typed(example.replace('npm -s', 'npm'));
  const refused = await runIn(folder, `submit --params my.json ${options} -q`.split(' '));
  t.deepEqual(
    { code: refused.code, stderr: refused.stderr },
    {
      code: 2,
      stderr:
        'my.json: expected JSON, got two lines of npm before it. Write the file with silent npm (npm -s run … > FILE).\n',
    },
  );
});
