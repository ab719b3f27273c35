/** What all analyses share: solutions, images, threads, a folder of their own, and a scan with a bar. */
import type { Piscina } from 'piscina';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type MetricName, metricNames, type Setting, type Values, scan, type Target } from '../../analysis/index.ts';
import { displayPath } from '../../base/paths.ts';
import { digestOf } from '../../pipeline/index.ts';
import { geometryChart } from '../../charts/index.ts';
import { type FindingsChart, nameOfRun, writeFindings } from '../../records/index.ts';
import { type CaptionedTable, chartFigure, writeReport } from '../../report/index.ts';
import { prepareFolder, writeAtomically } from '../../base/output-files.ts';
import type { Report, Session } from '../command.ts';
import { printable } from '../../base/printable.ts';
import { integer, shortNumber, percent } from '../../base/format.ts';
import type { CommonValues } from './options.ts';
import { type Augmentation, augmentations, type LoadedOnce } from '../../data/index.ts';
import { competitionOf, imagesOf, type NamedSolution } from '../solutions.ts';
import { RUNS_DIRECTORY } from '../submissions.ts';
import { withTraining } from '../training.ts';
import { table } from '../table.ts';

const FOLDER = join(RUNS_DIRECTORY, 'analysis');
const IMAGES = { full: 8192, quick: 1024 };
const POINTS = { full: 41, quick: 11 };

/** Sentence that is shown after Ctrl-C. */
export const stopped = 'Evaluated points are kept; go on with';

export interface Analysis {
  readonly setting: Setting;
  /** All of the competition. */
  readonly images: LoadedOnce;
  readonly solutions: readonly NamedSolution[];
  readonly pool: Piscina;
  readonly session: Session;
  /** On which images points are compared, in words. */
  readonly about: string;
  /** Digest of the solutions and images. */
  readonly digest: string;
  /** Receives a folder for each analysis. */
  readonly out: string;
}

/** Prepares images, threads and an engine, does the work, and always ends the threads. */
export async function withAnalysis<T>(
  solutions: readonly NamedSolution[],
  { dataDir, images: count, quick, workers, engine, out = FOLDER }: CommonValues,
  session: Session,
  work: (analysis: Analysis) => Promise<T>,
): Promise<T> {
  const competition = competitionOf(solutions);
  const [{ plan, record: first }] = solutions;
  const { model } = first.configuration;
  return withTraining({ competition, dataDir, model, engine, workers }, session, async ({ images, pool }) => {
    const most = count ?? (quick ? IMAGES.quick : IMAGES.full);
    const { train, test, testSource } = await imagesOf(solutions, images, { dataDir, competition, count: most });
    for (const { name, record, fold, index } of solutions) {
      session.progress.note(`  ${name}: ${printable(nameOfRun(record))}, fold ${fold + 1}, solution ${index + 1}`);
    }
    const about =
      `${competition.title}, ${model}: ${integer(train.count)} training images, ` +
      `${integer(test.count)} ${testSource}; batch-norm statistics measured at every point.`;
    const digest = digestOf([
      solutions.map(({ record, fold, index }) => [record.weights.sha256, fold, index]),
      [train.count, test.count],
    ]);
    return work({
      setting: { plan, engine, train, test, augment: augmentOf(solutions) },
      images,
      solutions,
      pool,
      session,
      about,
      digest,
      out,
    });
  });
}

/** The augmentation of their trainings; none if they had different ones, so that all points are measured alike. */
function augmentOf([first, ...others]: readonly NamedSolution[]): Augmentation {
  const { augment } = first.record.configuration.parameters;
  const isCommon = others.every(({ record }) => isDeepStrictEqual(record.configuration.parameters.augment, augment));
  return isCommon ? augment : augmentations.none;
}

export const pointsOf = ({ points, quick }: { readonly points: number | undefined; readonly quick: boolean }): number =>
  points ?? (quick ? POINTS.quick : POINTS.full);

/** Where an analysis keeps its files, and what its points belong to. */
export interface Place {
  /** Name of the analysis, for example `plane`. */
  readonly kind: string;
  readonly folder: string;
  readonly digest: string;
}

/** @param settings all that decides the points besides solutions and images; equal settings give the same folder */
export async function placeFor(
  { solutions, digest, out }: Analysis,
  kind: string,
  ...settings: unknown[]
): Promise<Place> {
  const { competition } = solutions[0].record.configuration;
  const whole = digestOf([digest, settings]);
  const folder = join(out, `${kind}-${competition}-${whole.slice(0, 8)}`);
  await prepareFolder(folder);
  return { kind, folder, digest: whole };
}

/** Evaluates points with a bar; those that an earlier call or run evaluated are read. */
export async function evaluateAll(
  { setting, pool, session }: Analysis,
  { folder, digest }: Place,
  targets: readonly Target[],
): Promise<Map<string, Values>> {
  const bar = session.progress.bar('', targets.length, 'points', 10);
  const task = { ...setting, targets, digest, file: join(folder, 'points.jsonl') };
  const found = await scan(pool, task, {
    signal: session.signal,
    onKept: (kept) => bar.begin(kept),
    onPoint: (_id, { testError }, done) => bar.update(done, `test error ${percent(testError)}`),
  });
  session.progress.clear();
  return found;
}

/** What an analysis has found: for the screen, for a page, and as JSON. */
export interface Findings {
  readonly title: string;
  /** In each table the first column names the rows, and the others hold numbers. */
  readonly tables: readonly CaptionedTable[];
  /** Sentences. */
  readonly says: readonly string[];
  readonly figures: readonly FindingsChart[];
  /** What the dashboard offers beside the figures of the page: the other metrics. */
  readonly more?: readonly FindingsChart[];
}

/** Writes a page, its figures as SVG and PNG, and what the dashboard shows of it. @returns their paths */
export async function draw(analysis: Analysis, { kind, folder }: Place, findings: Findings): Promise<string[]> {
  const { about, solutions } = analysis;
  const { title, tables, says, more = [] } = findings;
  const figures = findings.figures.map(({ chart, ...of }) => chartFigure(of, (theme) => geometryChart(chart, theme)));
  const section = { title: 'What was found', tables, text: says, figures };
  const written = await writeReport(dirname(folder), {
    name: basename(folder),
    title,
    lead: [about],
    sections: [section],
  });
  const charts = [...findings.figures, ...more];
  const shown = await writeFindings(folder, {
    kind,
    title,
    about,
    solutions: described(solutions),
    says,
    tables,
    charts,
  });
  return [written.html, ...written.figures, shown];
}

/** Writes all of it, and says where. */
export async function finish(analysis: Analysis, place: Place, findings: Findings, result: object): Promise<Report> {
  const { folder } = place;
  const file = join(folder, 'result.json');
  const json = { about: analysis.about, solutions: described(analysis.solutions), ...result };
  const drawn = await draw(analysis, place, findings);
  // Written last: for the dashboard an analysis with a result has findings.
  await writeAtomically(file, `${JSON.stringify(json, null, 1)}\n`);
  const names = [file, ...drawn].map((path) => basename(path));
  const tables = findings.tables.map(({ header, rows }) => table(header, rows, 'l'.padEnd(header.length, 'r')));
  return {
    json: { folder, ...json },
    text: [
      analysis.about,
      ...tables,
      findings.says.join('\n'),
      `Written to ${displayPath(folder)}: ${names.join(', ')}`,
    ].join('\n\n'),
  };
}

/** The identity of solutions, for JSON. */
const described = (solutions: readonly NamedSolution[]) =>
  solutions.map(({ name, record, fold, index }) => ({ name, run: record.id, fold: fold + 1, solution: index + 1 }));

const shown: Readonly<Record<MetricName, { title: string; isShare: boolean }>> = {
  trainLoss: { title: 'train loss', isShare: false },
  trainError: { title: 'train error', isShare: true },
  testLoss: { title: 'test loss', isShare: false },
  testError: { title: 'test error', isShare: true },
};

export const metricTitle = (metric: MetricName): string =>
  shown[metric].isShare ? `${shown[metric].title} (%)` : `${shown[metric].title} (nats)`;

/** The value that charts show: errors in percent, null if it is missing. */
export const plotted = (metric: MetricName, values: Values | undefined): number | null => {
  const value = values ? values[metric] : NaN;
  return Number.isFinite(value) ? value * (shown[metric].isShare ? 100 : 1) : null;
};

/** A row for each named place. */
export const valuesTable = (
  caption: string,
  rows: readonly (readonly [name: string, values: Values])[],
): CaptionedTable => ({
  caption,
  header: ['', ...metricNames.map((metric) => shown[metric].title)],
  rows: rows.map(([name, values]) => [
    name,
    ...metricNames.map((metric) => (shown[metric].isShare ? percent(values[metric]) : shortNumber(values[metric]))),
  ]),
});
