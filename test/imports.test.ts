/** The import rule of DESIGN.md: data flows one way. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';

const root = path.join(import.meta.dirname, '..');

/** What each folder may import from, besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  data: [],
  kernels: [],
  models: ['data', 'kernels'],
  pipeline: ['models', 'data'],
  search: [],
  submissions: ['pipeline', 'models', 'data'],
  analysis: ['pipeline', 'models', 'data'],
  experiments: ['analysis', 'submissions', 'pipeline', 'models', 'data'],
  cli: ['experiments', 'analysis', 'submissions', 'search', 'pipeline', 'models', 'data'],
  bench: ['submissions', 'search', 'pipeline', 'models', 'data'],
};
/** Files that may see more than their folder. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  'search/objective.ts': ['pipeline', 'models', 'data'],
  // Eigenvalues of small symmetric matrices.
  'analysis/lanczos.ts': ['search'],
  'analysis/subspace.ts': ['search'],
  // Student's t distribution.
  'experiments/verdict.ts': ['search', 'pipeline', 'models', 'data'],
};

const importPattern = /(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g;

test('every folder of sources has its rule', (t) => {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const withSources = folders.filter(({ name }) => {
    if (name === 'node_modules' || name.startsWith('.')) return false;
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

function importsOf(file: string): string[] {
  const source = readFileSync(path.join(root, file), 'utf8');
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
      for (const target of importsOf(file)) {
        const [top] = target.split(path.sep);
        const permitted = [folder, ...others, ...(exceptions[file] ?? [])];
        t.true(permitted.includes(top), `${file} imports ${target}`);
      }
    }
    t.pass();
  });
}
