/** The import rule of docs/design/flow.md: data flows one way. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { SOURCES } from '../experiments/results.ts';
import { sourcesIn } from '../pipeline/index.ts';

const root = path.join(import.meta.dirname, '..');

/** Every folder may import from these. */
const ground = ['base', 'numerics'];

/** What each folder may import from, besides itself and the ground floor. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  numerics: [],
  data: [],
  kernels: [],
  models: ['data', 'kernels'],
  pipeline: ['models', 'data'],
  search: [],
  tuning: ['search', 'pipeline', 'models', 'data'],
  records: ['pipeline', 'models', 'data'],
  submissions: ['records', 'pipeline', 'models', 'data'],
  analysis: ['pipeline', 'models', 'data'],
  experiments: ['analysis', 'submissions', 'records', 'pipeline', 'models', 'data'],
  charts: [],
  report: ['charts', 'tuning', 'experiments', 'submissions', 'records', 'search', 'pipeline', 'models', 'data'],
  dashboard: [
    'report',
    'experiments',
    'charts',
    'tuning',
    'submissions',
    'records',
    'search',
    'pipeline',
    'models',
    'data',
  ],
  cli: [
    'dashboard',
    'report',
    'charts',
    'experiments',
    'analysis',
    'submissions',
    'records',
    'tuning',
    'search',
    'pipeline',
    'models',
    'data',
  ],
  bench: ['cli', 'submissions', 'tuning', 'search', 'pipeline', 'models', 'data'],
  docs: ['cli', 'charts', 'submissions', 'pipeline', 'models', 'data'],
};
/** Folders of which types may be imported besides: of them nothing is left when the program runs. */
const allowedTypes: Readonly<Record<string, readonly string[]>> = {
  charts: ['records', 'submissions', 'search', 'pipeline'],
};
/** Packages that run anywhere, without a module of Node. */
const forBrowsers = new Set(['d3-contour']);

const importPattern = /(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g;

test('every folder of sources has its rule', (t) => {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const withSources = folders.filter(({ name }) => {
    if (['node_modules', 'dist', 'build'].includes(name) || name.startsWith('.')) return false;
    return readdirSync(path.join(root, name), { recursive: true, encoding: 'utf8' }).some((file) =>
      file.endsWith('.ts'),
    );
  });
  const known = new Set([...Object.keys(allowed), 'test']);
  t.deepEqual(
    withSources.map(({ name }) => name).filter((name) => !known.has(name)),
    [],
  );
});

/** @param types whether imports of types count */
function importsOf(file: string, types = true): string[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const source = types ? text : text.replaceAll(/^import type [^;]+;/gm, '');
  return [...source.matchAll(importPattern)].map(([, target]) =>
    path.relative(root, path.resolve(root, path.dirname(file), target)),
  );
}

for (const [folder, others] of Object.entries(allowed)) {
  test(`${folder} imports only ${[folder, ...others].join(', ')}`, (t) => {
    const files = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.split(path.sep).join('/')}`)
      .filter((name) => name.endsWith('.ts'));
    for (const file of files) {
      const permitted = [...(ground.includes(folder) ? [] : ground), folder, ...others];
      const permittedTypes = [...permitted, ...(allowedTypes[folder] ?? [])];
      for (const [targets, tops] of [
        [importsOf(file, false), permitted],
        [importsOf(file), permittedTypes],
      ]) {
        for (const target of targets) t.true(tops.includes(target.split(path.sep)[0]), `${file} imports ${target}`);
      }
    }
    t.pass();
  });
}

test('whatever a training thread of an experiment imports is part of the digest of its results', (t) => {
  const digested = new Set(sourcesIn(SOURCES));
  const pending = ['experiments/train-arm.ts'];
  const seen = new Set<string>();
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    pending.push(...importsOf(file, false));
  }
  t.deepEqual(
    // Descriptions decide the images, which have a digest of their own.
    [...seen].filter((file) => !digested.has(file) && !file.endsWith('.json')),
    [],
  );
});

/** Folders that look at parts of others by themselves: they measure, build, describe or test these. */
const insiders = new Set(['bench', 'docs', 'test']);
/** Doors beside a folder's face: what draws without a browser is no part of what a page loads. */
const sideDoors = new Set(['charts/render.ts']);

test('nobody reaches past the face of a folder', (t) => {
  const rooms = Object.keys(allowed).filter((folder) => !ground.includes(folder) && !insiders.has(folder));
  for (const folder of rooms) {
    const files = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.split(path.sep).join('/')}`)
      .filter((name) => name.endsWith('.ts'));
    for (const file of [...files, 'index.ts']) {
      for (const target of importsOf(file)) {
        const [room] = target.split(path.sep);
        const isInside = file.startsWith(`${room}/`) || ground.includes(room);
        const isFace = target === path.join(room, 'index.ts') || sideDoors.has(target);
        t.true(isInside || isFace, `${file} imports ${target} past the face of ${room}`);
      }
    }
  }
});

test('no file imports itself by a circle, types included', (t) => {
  const files = Object.keys(allowed).flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(folder, name))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')),
  );
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    t.false(way.includes(file), [...way.slice(way.indexOf(file)), file].join(' → '));
    if (done.has(file) || way.includes(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

test('charts run in a browser, with all that they import, except for the one that renders without', (t) => {
  const pending = readdirSync(path.join(root, 'charts'))
    .filter((name) => name !== 'render.ts')
    .map((name) => `charts/${name}`);
  const seen = new Set<string>();
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    pending.push(...importsOf(file, false));
    const source = readFileSync(path.join(root, file), 'utf8').replaceAll(/^import type [^;]+;/gm, '');
    const packages = [...source.matchAll(/(?:from|import)\s*\(?\s*['"]([^.'"][^'"]*)['"]/g)];
    t.deepEqual(
      packages.map(([, name]) => name).filter((name) => !forBrowsers.has(name)),
      [],
      file,
    );
  }
});

test('the face of the search loads no schema library and no driver of a database', (t) => {
  const pending = ['search/index.ts'];
  const seen = new Set<string>();
  const outside = new Set<string>();
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const source = readFileSync(path.join(root, file), 'utf8').replaceAll(/^(?:import|export) type [^;]+;/gm, '');
    for (const [, name] of source.matchAll(/^(?:import|export|\}) .*?from '([^']+)';/gm)) {
      if (name.startsWith('.')) pending.push(path.join(path.dirname(file), name));
      else outside.add(name);
    }
  }
  const packages = [...outside].filter((name) => !name.startsWith('node:') && !name.startsWith('pure-rand/'));
  t.deepEqual(packages, []);
  t.false(outside.has('node:sqlite'));
});
