/** Runs one experiment from its data to its report, for `npm run experiment`. */
import { copyFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { findCompetition } from '../data/competitions/index.ts';
import type { LabelledImages } from '../data/images.ts';
import { loadTest, loadTrain, type TestImages } from '../data/load.ts';
import type { Experiment } from '../experiments/experiment.ts';
import * as report from '../experiments/report.ts';
import { type Result, runExperiment } from '../experiments/run.ts';
import { reportExperiment } from '../report/experiment.ts';
import { writeAtomically } from '../submissions/files.ts';
import type { Table } from '../submissions/table.ts';
import type { Report, Session } from './command.ts';
import { duration, percent, table } from './format.ts';
import type { OptionValues } from './options.ts';
import { tryToReport } from './reports.ts';
import { withTraining } from './training.ts';

export const EXPERIMENTS_DIRECTORY = join('runs', 'experiments');

/**
 * Trains what is not trained yet, and writes `report.json` and `report.md` (`quick.*` for a quick run) beside the
 * results, and a report with the figures.
 * @throws UserError if the data are missing or a file cannot be written
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
  }: Pick<OptionValues, 'seeds' | 'quick' | 'dataDir' | 'workers' | 'engine'>,
  session: Session,
): Promise<Report> {
  const competition = findCompetition(definition.competition);
  const scale = isQuick ? definition.quick : definition.full;
  const { model } = definition;
  return withTraining({ competition, dataDir, model, engine, workers }, session, async ({ plan, pool }) => {
    const train = await loadTrain(competition, { dataDir });
    const test = definition.test === 'file' ? labelled(await loadTest(competition, { dataDir })) : null;
    const folder = join(EXPERIMENTS_DIRECTORY, name);
    const task = {
      experiment: definition,
      scale: { ...scale, seeds: seeds ?? scale.seeds },
      source: { train, test },
      plan,
      engine,
      folder: join(folder, 'results'),
    };
    session.progress.step(`${name}: ${definition.question}`);
    const total = task.scale.seeds * Object.keys(definition.arms).length;
    const bar = session.progress.bar('', total, 'trainings', total);
    let done = 0;
    const results = await runExperiment(pool, task, {
      signal: session.signal,
      onResult: (result, wasKept) => bar.update((done += 1), resultText(result, wasKept)),
    });
    const machine = `${cpus()[0]?.model ?? 'Unknown processor'}, Node ${process.versions.node}`;
    const finished: report.Finished = { ...task, name, isQuick, results, machine };
    const json = report.json(finished);
    const file = join(folder, isQuick ? 'quick' : 'report');
    await writeAtomically(`${file}.json`, `${JSON.stringify(json, null, 2)}\n`);
    await writeAtomically(`${file}.md`, report.markdown(finished));
    const written = await tryToReport(session.progress, async () => reportExperiment(json));
    for (const figure of written?.figures.filter((path) => path.endsWith('.svg')) ?? []) {
      await copyFile(figure, join(folder, `${isQuick ? 'quick-' : ''}${basename(figure)}`));
    }
    const files = [`${file}.md`, ...(written ? [written.html] : [])];
    return { json: { ...json, report: written?.html ?? null }, text: screen(finished, files) };
  });
}

function labelled({ images, labels }: TestImages): LabelledImages {
  if (!labels) throw new TypeError('Expected a competition whose test file is labelled.');
  return { ...images, labels };
}

function resultText({ arm, seed, outcome }: Result, wasKept: boolean): string {
  const scored = outcome.status === 'done' ? percent(outcome.metrics.accuracy) : 'diverged';
  return `${arm}, seed ${seed}: ${scored}${wasKept ? ', from an earlier run' : `, ${duration(outcome.seconds)}`}`;
}

function screen(finished: report.Finished, files: readonly string[]): string {
  const arms = report.armTable(finished);
  const claims = report.claimTable(finished);
  const show = ({ header, rows }: Table, align: string): string =>
    table(header, rows, align.padEnd(header.length, 'r'));
  return [
    finished.experiment.question,
    report.settingText(finished),
    '',
    show(arms, 'l'),
    ...report.divergences(finished),
    '',
    show(claims, 'll'),
    '',
    report.legend,
    `Written: ${files.join(', ')}`,
  ].join('\n');
}
