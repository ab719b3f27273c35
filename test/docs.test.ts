/** What the documents say holds: links lead somewhere, command lines parse, and the reference is that of the sources. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { glob, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { commands } from '../cli/commands/index.ts';
import { createProgram, typedOf } from '../cli/program.ts';
import { drawHouse, HOUSE } from '../docs/house.ts';
import { referencePages } from '../docs/reference.ts';

const root = path.join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** Folders at the top whose documents are not part of the project. */
const foreign = new Set(['node_modules', 'build', 'dist', 'runs', 'data', 'submissions']);
const documents = await Array.fromAsync(glob('**/*.md', { cwd: root, exclude: (name) => foreign.has(name) }));

const sources = await Array.fromAsync(
  glob('**/*.ts', { cwd: root, exclude: (name) => foreign.has(name) && name !== 'data' && name !== 'submissions' }),
);

const fence = /^```(\w*)\n(.*?)^```$/gms;

for (const [file, text] of Object.entries(referencePages())) {
  test(`${file} is what "npm run docs" writes`, (t) => t.is(read(file), `${text}\n`));
}

test(`${HOUSE} is what "npm run docs" draws from the imports`, async (t) =>
  t.is(read(HOUSE), `${await drawHouse()}\n`));

test('every link of a document leads to a file, and to a heading where it names one', (t) => {
  const broken = documents.flatMap((file) => {
    const targets = linksOf(read(file)).filter((target) => !isThere(file, target));
    return targets.map((target) => `${file}: ${target}`);
  });
  t.deepEqual(broken, []);
});

test('every document that a source names is there', (t) => {
  const missing = sources.flatMap((file) => {
    const names = [...read(file).matchAll(/\b(?:docs|results)\/[\w/-]+\.md\b/g)].map(([name]) => name);
    return names.filter((name) => !existsSync(path.join(root, name))).map((name) => `${file}: ${name}`);
  });
  t.deepEqual(missing, []);
});

test('no comment begins with "Of": a comment says what a thing is, in a sentence or a noun', (t) => {
  const opening = /(?:\/\*\*\s*(?:\n\s*\*\s*)?|^\s*\/\/ )Of .*/gm;
  t.deepEqual(
    sources.flatMap((file) => [...read(file).matchAll(opening)].map(([comment]) => `${file}: ${comment.trim()}`)),
    [],
  );
});

test('every command line of a document parses', async (t) => {
  const lines = documents.flatMap((file) => commandLinesOf(read(file)).map((line) => [file, line] as const));
  t.true(lines.length > 0, `${lines.length}`);
  for (const [file, line] of lines) {
    const [command, ...words] = argumentsOf(wordsOf(line));
    if (command in scripts && !/ cli\/main\.m?[jt]s \w+$/.test(scripts[command])) continue;
    const program = createProgram(typedOf(commands, [command, ...words]), async () => {});
    await t.notThrowsAsync(program.parseAsync([command, ...words], { from: 'user' }), `${file}: ${line}`);
  }
});

test('the examples of the library are valid TypeScript too', async (t) => {
  await mkdir(path.join(root, 'build'), { recursive: true });
  const folder = await mkdtemp(path.join(root, 'build/examples-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const files: string[] = [];
  for (const page of ['library', 'any-program']) {
    const examples = [...read(`docs/${page}.md`).matchAll(fence)].filter(([, language]) => /^[jt]s$/.test(language));
    t.true(examples.length > 0, page);
    for (const [i, [, , example]] of examples.entries()) {
      const file = path.join(folder, `${page}-${i + 1}.ts`);
      files.push(file);
      await writeFile(file, example);
    }
  }
  const paths = { 'wide-optima': [path.join(root, 'index.ts')], 'wide-optima/*': [path.join(root, '*/index.ts')] };
  const config = {
    extends: path.join(root, 'tsconfig.json'),
    compilerOptions: { paths },
    include: [],
    files: [...files, path.join(root, 'models/engine/simd/webassembly.d.ts')],
  };
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch((error) => error);
  t.is(stdout, '');
});

function isThere(file: string, target: string): boolean {
  const [name, anchor] = target.split('#');
  const goal = name === '' ? file : path.join(path.dirname(file), decodeURI(name));
  return existsSync(path.join(root, goal)) && (anchor === undefined || anchorsOf(read(goal)).has(anchor));
}

function linksOf(text: string): string[] {
  const prose = text.replaceAll(fence, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target).filter((target) => !/^\w+:/.test(target));
}

/** As GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.replaceAll(fence, '').matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set(headings);
}

/** Each of those in a block of shell, also where several are joined. */
const commandLinesOf = (text: string): string[] =>
  [...text.matchAll(fence)]
    .filter(([, language]) => language === 'sh')
    .flatMap(([, , block]) => block.replaceAll('\\\n', ' ').split(/\n|&&/))
    .map((line) => line.trim())
    .filter((line) => /^(?:\w+=\S+ )*(?:npm (?:-s )?(?:run|start)|npx wide-optima)\b/.test(line));

/** Words as a shell has them, up to a comment, a pipe or a file that is written. */
function wordsOf(line: string): string[] {
  const [command] = /^(?:'[^']*'|"[^"]*"|[^'"#|>]|(?<=\S)#)*/.exec(line)!;
  return [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replaceAll(/['"]/g, (quote) => (word.startsWith(quote) ? '' : quote)),
  );
}

/** What the program is given by `npm start`, `npm run NAME` or `npx wide-optima NAME`. */
function argumentsOf(words: readonly string[]): string[] {
  const [runner, ...rest] = words
    .slice(words.findIndex((word) => /^np[mx]$/.test(word)))
    .filter((word) => word !== '-s');
  const [command, ...given] = runner === 'npx' || rest[0] === 'run' ? rest.slice(1) : rest;
  return [command, ...(given[0] === '--' ? given.slice(1) : given)];
}
