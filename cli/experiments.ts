/** Runs one experiment from its data to its report, for `npm run experiment`. */
import { existsSync } from 'node:fs';
import { copyFile, readdir, stat } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { findCompetition, loadTest, loadTrain } from '../data/index.ts';
import {
  type Experiment,
  experiments,
  type Result,
  runExperiment,
  type RunOptions,
  type RunTask,
  type Source,
  experimentReport as report,
} from '../experiments/index.ts';
import { engineOfBits } from '../models/index.ts';
import { reportExperiment } from '../report/index.ts';
import { writeAtomically } from '../base/output-files.ts';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import type { Table } from '../submissions/index.ts';
import type { Report, Session } from './command.ts';
import { duration, percent } from '../base/format.ts';
import { padNames } from './format.ts';
import type { SharedValues } from './options.ts';
import type { Progress } from './progress.ts';
import { tryToReport } from './reports.ts';
import { tryToTag } from './tags.ts';
import { table } from './table.ts';
import { withTraining } from './training.ts';

export const EXPERIMENTS_DIRECTORY = join('runs', 'experiments');

/**
 * Trains what is not trained yet, and writes `report.json` and `report.md` (`quick.*` for a quick run, `NAME.*` for one with
 * a name, which replaces no other) beside the results, and a report with the figures.
 * @throws UserError if the data are missing, the name is taken, or a file cannot be written
 */
export async function runOneExperiment(
  name: string,
  definition: Experiment,
  {
    seeds,
    quick: isQuick,
    dataDir,
    workers,
    engine,
    name: called,
    tag: tags = [],
  }: Pick<SharedValues, 'quick' | 'dataDir' | 'workers' | 'engine'> &
    Partial<Pick<SharedValues, 'name' | 'tag'>> & { readonly seeds: number | undefined },
  session: Session,
): Promise<Report> {
  const file = join(EXPERIMENTS_DIRECTORY, name, called ?? (isQuick ? 'quick' : 'report'));
  if (called !== undefined) expectNew(file, called);
  const competition = findCompetition(definition.competition);
  const scale = isQuick ? definition.quick : definition.full;
  const { model } = definition;
  return withTraining({ competition, dataDir, model, engine, workers }, session, async ({ plan, pool }) => {
    const folder = join(EXPERIMENTS_DIRECTORY, name);
    const task = {
      experiment: definition,
      scale: { ...scale, seeds: seeds ?? scale.seeds },
      source: await loadSource(definition, dataDir),
      plan,
      engine,
      folder: join(folder, 'results'),
    };
    const watched = watch(name, task, session.progress);
    const results = await runExperiment(pool, task, { signal: session.signal, ...watched });
    session.progress.clear();
    const machine = `${cpus()[0]?.model ?? 'Unknown processor'}, Node ${process.versions.node}`;
    const about = { name, called, tags, isQuick, machine };
    const finished: report.Finished = { ...task, ...about, engine: engineOfBits(engine), results };
    const json = report.json(finished);
    if (called !== undefined) expectNew(file, called);
    await writeAtomically(`${file}.json`, `${JSON.stringify(json, null, 2)}\n`);
    await writeAtomically(`${file}.md`, report.markdown(finished));
    await tryToTag(session.progress, 'experiment', [join(name, basename(file))], tags);
    const written = await tryToReport(session.progress, async () => reportExperiment(json));
    for (const figure of written?.figures.filter((path) => path.endsWith('.svg')) ?? []) {
      await copyFile(
        figure,
        join(folder, `${called === undefined ? (isQuick ? 'quick-' : '') : `${called}-`}${basename(figure)}`),
      );
    }
    const files = [`${file}.md`, ...(written ? [written.html] : [])];
    return { json: { ...json, report: written?.html ?? null }, text: screen(finished, files) };
  });
}

/** Names that results without `--name` have. */
const OWN_NAMES: ReadonlySet<string> = new Set(['report', 'quick']);

/** Results of experiments with a name of their own, the one that was written last at the end. */
export async function namedResults(): Promise<{ experiment: string; name: string }[]> {
  const found: { experiment: string; name: string; writtenMs: number }[] = [];
  for (const experiment of Object.keys(experiments)) {
    const folder = join(EXPERIMENTS_DIRECTORY, experiment);
    for (const file of await readdir(folder).catch(() => [])) {
      const name = basename(file, '.json');
      if (name === file || OWN_NAMES.has(name)) continue;
      const about = await stat(join(folder, file)).catch(() => null);
      if (about?.isFile()) found.push({ experiment, name, writtenMs: about.mtimeMs });
    }
  }
  return found.toSorted((a, b) => a.writtenMs - b.writtenMs).map(({ experiment, name }) => ({ experiment, name }));
}

/** @throws UserError if the experiment has a result of the name */
function expectNew(file: string, name: string): void {
  const isOwn = OWN_NAMES.has(name.toLowerCase());
  if (!isOwn && ![`${file}.json`, `${file}.md`].some(existsSync)) return;
  const why = isOwn ? 'one that results without a name have' : 'one that is taken';
  throw new UserError(
    `${displayPath(file)}: expected a name that no result of the experiment has, got ${why}. Choose another --name.`,
  );
}

/** The images that an experiment takes. @throws UserError if they are missing or damaged */
export async function loadSource(definition: Experiment, dataDir?: string): Promise<Source> {
  const competition = findCompetition(definition.competition);
  const train = await loadTrain(competition, { dataDir });
  if (definition.test !== 'file') return { train, test: null };
  const { images, labels } = await loadTest(competition, { dataDir });
  if (labels) return { train, test: { ...images, labels } };
  throw new UserError(
    `Expected labels of the test images of ${competition.id}, found none. Let the experiment take a number of training images as its \`test\`.`,
  );
}

/** A bar that moves with every epoch; a line for every finished training. */
function watch(name: string, { experiment, scale }: RunTask, progress: Progress): RunOptions {
  const arms = Object.keys(experiment.arms);
  const padded = padNames(arms);
  const total = scale.seeds * arms.length;
  const bar = progress.bar(name, total, 'trainings', 0);
  let [toTrain, kept] = [0, 0];
  let [trained, finished] = [0, 0];
  let detail = '';
  /** In results, as if all that are missing took equally long. Trainings that end early leave epochs out. */
  const done = (): number =>
    finished === total ? total : kept + (total - kept) * Math.min(1, trained / Math.max(1, toTrain));
  return {
    onBegin(work) {
      progress.step(`${name}: ${experiment.question}`);
      toTrain = work.epochs;
      kept = work.kept;
    },
    onEpoch() {
      trained += 1;
      bar.update(done(), detail, finished);
    },
    onResult(result, wasKept) {
      const { arm, seed } = result;
      finished += 1;
      const count = `${finished}/${total}`.padStart(2 * String(total).length + 1);
      progress.row(`  ${count}  ${padded(arm)}  seed ${seed}  ${resultText(result, wasKept)}`);
      if (wasKept) return bar.begin(done(), finished);
      detail = `${arm} ${scoreText(result)}`;
      bar.update(done(), detail, finished);
    },
  };
}

const scoreText = ({ outcome }: Result): string =>
  outcome.status === 'done' ? percent(outcome.metrics.accuracy) : 'diverged';

const resultText = (result: Result, wasKept: boolean): string =>
  `${scoreText(result).padStart(8)}  ${wasKept ? 'from an earlier run' : duration(result.outcome.seconds)}`;

function screen(finished: report.Finished, files: readonly string[]): string {
  const arms = report.armTable(finished);
  const claims = report.claimTable(finished);
  const show = ({ header, rows }: Table, align: string, optional: readonly string[]): string =>
    table(header, rows, align.padEnd(header.length, 'r'), { optional });
  return [
    finished.experiment.question,
    report.settingText(finished),
    '',
    // The file has all columns. Accuracy, the first of them, stays.
    show(arms, 'l', arms.header.slice(2).toReversed()),
    ...report.divergences(finished),
    '',
    show(claims, 'll', []),
    '',
    report.legendOf(finished.experiment),
    `Written: ${files.join(', ')}`,
  ].join('\n');
}
