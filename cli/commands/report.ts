/** `npm run report`: one HTML file with figures about a run, a study or an experiment. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import openInBrowser from 'open';
import { displayPath } from '../../data/archive.ts';
import { UserError } from '../../data/user-error.ts';
import { experiments } from '../../experiments/index.ts';
import { listRuns } from '../../pipeline/record.ts';
import { readExperiment, reportExperiment } from '../../report/experiment.ts';
import type { Report } from '../../report/report.ts';
import { reportRuns } from '../../report/runs.ts';
import { reportStudy } from '../../report/study.ts';
import { writeReport } from '../../report/write.ts';
import { readStudy } from '../../search/study.ts';
import { defineCommand } from '../command.ts';
import { EXPERIMENTS_DIRECTORY } from '../experiments.ts';
import { counted } from '../format.ts';
import type { OptionValues } from '../options.ts';
import { REPORTS_DIRECTORY } from '../reports.ts';
import { withStorage } from '../studies.ts';
import { RUNS_DIRECTORY } from '../submissions.ts';

export const report = defineCommand({
  name: 'report',
  summary: 'write a page with tables and figures about a run, a study or an experiment',
  options: ['open', 'dataDir', 'storage'],
  files: {
    syntax: '[name]',
    description:
      'id or folder of a run, name of a study or a part of it, name of an experiment (default: the newest run)',
  },
  examples: [
    ['', 'the newest run'],
    ['swa --open', 'the study with "swa" in its name, shown in the browser'],
    ['swa-budgets --json', 'an experiment that was run; prints the paths'],
  ],
  stopped: 'What was written is kept; start again with',
  async run({ open, dataDir, storage }, { progress }, [name]) {
    const subject = await findSubject(name, storage);
    progress.note(`Report of ${subject.what}.`);
    const { html, figures } = await writeReport(REPORTS_DIRECTORY, await subject.report(dataDir));
    if (open) await openInBrowser(html);
    return {
      json: { report: html, figures },
      text: `Written: ${displayPath(html)}, with ${counted(figures.length / 2, 'figure')} as SVG and PNG beside it.`,
    };
  },
});

interface Subject {
  readonly what: string;
  readonly report: (dataDir: OptionValues['dataDir']) => Promise<Report>;
}

/** @throws UserError if nothing has that name */
async function findSubject(name: string | undefined, storage: string): Promise<Subject> {
  const runs = await listRuns(RUNS_DIRECTORY);
  const folder = name === undefined ? runs.at(-1) : [name, join(RUNS_DIRECTORY, name)].find(isRun);
  if (folder !== undefined) {
    return { what: `run ${basename(folder)}`, report: (dataDir) => reportRuns({ folders: [folder], dataDir }) };
  }
  if (name !== undefined && Object.hasOwn(experiments, name)) {
    const file = ['report', 'quick'].map((kind) => join(EXPERIMENTS_DIRECTORY, name, `${kind}.json`)).find(existsSync);
    if (file !== undefined) {
      return { what: `experiment ${name}`, report: async () => reportExperiment(await readExperiment(file)) };
    }
    throw new UserError(
      `Expected an experiment that was run, got "${name}". Run it first (npm run experiment -- ${name}).`,
    );
  }
  const studies = await studyNames(storage);
  const meant =
    name === undefined ? [] : studies.includes(name) ? [name] : studies.filter((study) => study.includes(name));
  if (meant.length === 1) {
    return { what: `study ${meant[0]}`, report: async () => reportStudy(await readStudy(storage, meant[0])) };
  }
  throw unknownSubject(name, { runs: runs.map((run) => basename(run)), studies });
}

const isRun = (folder: string): boolean => existsSync(join(folder, 'record.json'));

/** None where there is no such file. A database that cannot be reached is an error. */
async function studyNames(storage: string): Promise<string[]> {
  if (!storage.includes('://') && !existsSync(storage)) return [];
  return withStorage(storage, async (store) => (await store.listStudies()).map(({ name }) => name));
}

function unknownSubject(
  name: string | undefined,
  { runs, studies }: { readonly runs: readonly string[]; readonly studies: readonly string[] },
): UserError {
  const done = Object.keys(experiments).filter((experiment) => existsSync(join(EXPERIMENTS_DIRECTORY, experiment)));
  const known = Object.entries({ runs: runs.slice(-5), studies, experiments: done })
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `\n  ${kind}: ${names.join(', ')}`);
  const got = name === undefined ? 'found none' : `got "${name}", which is none or a part of more than one`;
  return new UserError(
    `Expected a run, a study or an experiment, ${got}. ` +
      (known.length === 0 ? 'Train first (npm run submit).' : `There are:${known.join('')}`),
  );
}
