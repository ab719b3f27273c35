/** `npm run report`: one HTML file with figures about a run, a study or an experiment. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import openInBrowser from 'open';
import { checkedName } from '../../base/checked-name.ts';
import { printable, quoted } from '../../base/printable.ts';
import { displayPath } from '../../base/paths.ts';
import { UserError } from '../../base/user-error.ts';
import { methods } from '../../pipeline/index.ts';
import { experiments } from '../../experiments/index.ts';
import { listRuns, RECORD_FILE } from '../../records/index.ts';
import {
  readExperiment,
  reportExperiment,
  type Report,
  reportRuns,
  reportStudy,
  writeReport,
} from '../../report/index.ts';
import { storageExists, readStudy } from '../../search/index.ts';
import { defineCommand, type Session } from '../command.ts';
import { EXPERIMENTS_DIRECTORY, namedResults } from '../experiments.ts';
import { counted } from '../../base/format.ts';
import { meantBy } from '../names.ts';
import { REPORTS_DIRECTORY } from '../reports.ts';
import { isPath, newestNames, runsMeantBy, shownName } from '../runs.ts';
import { findNames, meantStudy, withStorage } from '../studies.ts';
import { RUNS_DIRECTORY } from '../submissions.ts';
import { commandLine } from '../../base/command-line.ts';
import { optional } from '../option.ts';
import type { Progress } from '../progress.ts';
import { someText } from '../option-parsers.ts';
import { shared } from '../options.ts';

export const report = defineCommand({
  name: 'report',
  summary: 'write a page with tables and figures about a run, a study or an experiment',
  options: {
    ...shared('open', 'dataDir', 'storage'),
    out: optional({
      flags: '--out <folder>',
      description: 'folder in which each report gets a folder of its own',
      parse: someText,
      shownFallback: 'runs/reports',
    }),
  },
  files: {
    syntax: '[name]',
    description:
      'a run: its name, a part of it, its folder or its method (its newest run); a study or a part of its name; an experiment or the name of ' +
      'its result; if several fit, the one that was used last (default: the newest run)',
  },
  examples: [
    ['', 'the newest run'],
    [
      'swa --open',
      'the newest run of swa, or the study with "swa" in its name if there is no run, shown in the browser',
    ],
    ['swa-budgets --json', 'a finished experiment; prints the paths'],
    ['mine', 'the result of experiment --name mine'],
  ],
  stopped: 'What was written is kept; start again with',
  async run({ open, dataDir, storage, out = REPORTS_DIRECTORY }, session, [name]) {
    const subject = await findSubject(name, storage, session);
    session.progress.note(`Report of ${subject.what}.`);
    const made = await subject.report(dataDir);
    for (const { title, problem } of made.sections) {
      if (problem !== undefined) session.progress.note(`${title}: not shown. ${problem}`);
    }
    const { html, figures } = await writeReport(out, made);
    if (open) await openInBrowser(html);
    return {
      json: { report: html, figures },
      text: `Written: ${displayPath(html)}, with ${counted(figures.length / 2, 'figure')} as SVG and PNG beside it.`,
    };
  },
});

interface Subject {
  readonly what: string;
  readonly report: (dataDir: string | undefined) => Promise<Report>;
}

/**
 * A run by its id or folder, an experiment, the newest result of an experiment with the name, the study of the name, the
 * newest run of the method, the study used last of those with the part, else the newest run with the part.
 * @throws UserError if nothing has that name
 */
async function findSubject(name: string | undefined, storage: string, { signal, progress }: Session): Promise<Subject> {
  const runs = await listRuns(RUNS_DIRECTORY);
  const newest = runs.at(-1);
  if (name === undefined && newest !== undefined) return runSubject(newest);
  if (name === undefined) throw await unknownSubject('found none', runs, []);
  const named = isPath(name) ? name : join(RUNS_DIRECTORY, name);
  if (existsSync(join(named, RECORD_FILE))) return runSubject(named);
  const [experiment, ...result] = name.split('/');
  if (Object.hasOwn(experiments, experiment) && result.length < 2) return experimentSubject(experiment, result[0]);
  const studies = await studyNames(storage, signal);
  const results = (await namedResults()).filter((one) => one.name === name);
  const newestResult = results.at(-1);
  if (!studies.includes(name) && newestResult !== undefined) {
    sayOthers(
      results.map((one) => `${one.experiment}/${name}`),
      'result of an experiment',
      progress,
    );
    return experimentSubject(newestResult.experiment, name);
  }
  const folders = isPath(name) ? [] : await runsMeantBy(name);
  const meantRuns = await Promise.all(folders.map(shownName));
  const meantStudies = meantBy(name, studies);
  const isMethod = Object.hasOwn(methods, name) && !studies.includes(name) && folders.length > 0;
  if (meantStudies.length > 0 && !isMethod) {
    sayFitting('run', meantRuns.toReversed(), progress);
    return studySubject(storage, name, { signal, progress });
  }
  const last = folders.at(-1);
  if (last === undefined) throw await unknownSubject(`got ${quoted(name)}, which is none of them`, runs, studies);
  sayOthers(meantRuns, 'run', progress);
  sayFitting('study', meantStudies, progress);
  return runSubject(last);
}

const LISTED = 5;

/** @param names of all that is meant, the newest last, which is taken @param what one of them is */
function sayOthers(names: readonly string[], what: string, progress: Progress): void {
  if (names.length === 1) return;
  const [newest, ...others] = names.map((name) => printable(name)).toReversed();
  const listed = others.slice(0, LISTED).map((name) => `\n  ${name}`);
  progress.note(
    `${newest}, the newest ${what} of ${names.length}. The others:${listed.join('')}${others.length > LISTED ? '\n  …' : ''}`,
  );
}

/** Says what of another kind has the name or the part too. */
function sayFitting(kind: 'run' | 'study', names: readonly string[], progress: Progress): void {
  if (names.length === 0) return;
  const listed = names.slice(0, LISTED).map((name) => `\n  ${printable(name)}`);
  progress.note(
    `For the report of a ${kind}, type its whole name. There are:${listed.join('')}${names.length > LISTED ? '\n  …' : ''}`,
  );
}

const runSubject = async (folder: string): Promise<Subject> => ({
  what: `run ${await shownName(folder)}`,
  report: (dataDir) => reportRuns({ folders: [folder], images: { dataDir } }),
});

/**
 * @param called name of its result. Default: that of the last run without a name
 * @throws UserError if it was not run
 */
function experimentSubject(name: string, called: string | undefined): Subject {
  const file = (called === undefined ? ['report', 'quick'] : [checkedName(called)])
    .map((kind) => join(EXPERIMENTS_DIRECTORY, name, `${kind}.json`))
    .find(existsSync);
  if (file === undefined) {
    throw new UserError(
      called === undefined
        ? `Expected a finished experiment, got "${name}". Run it first (${commandLine('experiment', name)}).`
        : `Expected a result of ${name} with the name "${called}", found none in ${displayPath(join(EXPERIMENTS_DIRECTORY, name))}.`,
    );
  }
  return { what: `experiment ${name}`, report: async () => reportExperiment(await readExperiment(file)) };
}

/** @param part of its name; of several the one used last is taken, and the others are said */
async function studySubject(
  storage: string,
  part: string,
  session: Pick<Session, 'signal' | 'progress'>,
): Promise<Subject> {
  const { name } = (await meantStudy(storage, part, session)).definition;
  return {
    what: `study ${printable(name)}`,
    report: () =>
      withStorage(
        storage,
        async (store) => reportStudy(await readStudy(store, name), await store.readOwners(name)),
        session,
      ),
  };
}

/** No studies if there is no such file. A database that cannot be reached is an error. */
async function studyNames(storage: string, signal: AbortSignal): Promise<string[]> {
  if (!storageExists(storage)) return [];
  return withStorage(storage, async (store) => (await findNames(store, '')).names, { signal });
}

/** @param got what was named, and what it means */
async function unknownSubject(got: string, runs: readonly string[], studies: readonly string[]): Promise<UserError> {
  const done = Object.keys(experiments).filter((experiment) => existsSync(join(EXPERIMENTS_DIRECTORY, experiment)));
  done.push(...(await namedResults()).map(({ experiment, name }) => `${experiment}/${name}`));
  const list = (names: readonly string[]): string => names.map((one) => printable(one)).join(', ');
  const known = Object.entries({ runs: await newestNames(runs, 5), studies: list(studies), experiments: list(done) })
    .filter(([, names]) => names !== '')
    .map(([kind, names]) => `\n  ${kind}: ${names}`);
  return new UserError(
    `Expected a run, a study or an experiment, ${got}. ` +
      (known.length === 0 ? `Train first (${commandLine('submit')}).` : `There are:${known.join('')}`),
  );
}
