/** A blend of runs as a submission and a run of its own, with an honest score. */
import { writeOrElsewhere } from '../base/other-place.ts';
import { UserError } from '../base/user-error.ts';
import { findCompetition, foldRows, loadOnce, loadSample, planFolds } from '../data/index.ts';
import {
  blendDefaults,
  meritOf,
  placeRows,
  predictedLabels,
  predictionsOf,
  type Score,
  scorePredictions,
} from '../pipeline/index.ts';
import { nameOfRun, readRecord, type Run, type RunRecord, type SubmitResult, writeRun } from '../records/index.ts';
import { type BlendWay, blendWeights, blended, type Fitting, isFitted } from './blend.ts';
import { compareMethods, type Pair } from './compare.ts';
import { contenderOf } from './contender.ts';
import { digestOfIds, digestOfLabels } from './image-digests.ts';
import { type RunProbabilities, runProbabilities } from './run-probabilities.ts';
import { loadAnswers, scoreAnswers } from './score.ts';
import { orderBySample, submissionCsv, submissionDigest } from './submission.ts';
import {
  inOwnFolder,
  preparedRuns,
  prepareOutput,
  submissionFile,
  submissionOutput,
  writeSubmit,
} from './submit-files.ts';
import type { SubmitProgress, SubmitTask } from './submit-task.ts';
import { tablesOf } from './submit-validated.ts';

export const BLEND = 'blend';

export interface BlendTask extends Pick<
  SubmitTask,
  'dataDir' | 'solutionFile' | 'probabilities' | 'outDir' | 'name' | 'runsDir'
> {
  /** Folders of two or more runs. */
  readonly folders: readonly string[];
  readonly way: BlendWay;
}

export interface BlendMember {
  /** Id of the run, and what it is called. */
  readonly run: string;
  readonly name: string;
  /** Fitted on all out-of-fold predictions, for the test images. */
  readonly weight: number;
  readonly outOfFold: Score;
  readonly test: Score | null;
}

export interface BlendResult {
  readonly way: BlendWay;
  readonly members: readonly BlendMember[];
  /** Name of the best member by its out-of-fold score. */
  readonly best: string;
  /** The blend against each member. */
  readonly pairs: readonly Pair[];
  readonly submit: SubmitResult;
}

/**
 * @throws UserError if there are fewer than two runs, if they are of different competitions, images or folds, if one has
 *   kept no probabilities, or if something cannot be read or written
 */
export async function blendRuns(
  { folders, way, ...given }: BlendTask,
  { signal, onMoved }: Pick<SubmitProgress, 'signal' | 'onMoved'> = {},
): Promise<BlendResult> {
  const startedAt = new Date();
  const started = performance.now();
  const records = await checkedRecords(folders, way);
  const { dataDir, solutionFile } = given;
  const competition = findCompetition(records[0].configuration.competition);
  const loaded = loadOnce(competition, { dataDir });
  const members: RunProbabilities[] = [];
  for (const folder of folders) {
    signal?.throwIfAborted();
    members.push(await runProbabilities(folder, { dataDir, loaded }));
  }
  const [{ test, outOfFold }] = members;
  const { images, ids: trainIds } = outOfFold;
  const testIds = test?.ids ?? [];
  const classes = competition.classes.length;
  const sample = test === null ? null : await loadSample(competition, { dataDir });
  const order = orderBySample(competition, testIds, sample, dataDir);
  const answers = test && (await loadAnswers(competition, await loaded.test(), { dataDir, solutionFile }));
  await prepareOutput({ ...given, competition }, [BLEND]);
  const runsDir = await preparedRuns(given, { onMoved });

  const [{ configuration }] = records;
  const { engine, model, folds, seed } = configuration;
  const fitting: Fitting = {
    members: members.map((member) => member.outOfFold.probabilities),
    labels: images.labels,
    classes,
    metric: competition.metric,
  };
  const all = Uint32Array.from(images.labels.keys());
  const weights = blendWeights(way, fitting, all);
  const score = (probabilities: Float32Array, rows: Uint32Array): Score =>
    scorePredictions(predictionsOf(probabilities, labelsOf(images.labels, rows), classes), images.metric);
  const nested = new Float32Array(images.count * classes);
  const foldOf = planFolds(images, folds, seed);
  const scored = Array.from({ length: folds }, (_, fold) => {
    const began = performance.now();
    const rows = foldRows(foldOf, fold);
    const ofFold = blendWeights(way, fitting, rows.train);
    const validation = blended(way, fitting, ofFold, rows.validation);
    placeRows(nested, validation, rows.validation);
    return {
      train: score(blended(way, fitting, ofFold, rows.train), rows.train),
      validation: score(validation, rows.validation),
      seconds: (performance.now() - began) / 1000,
      epochs: [],
      solutions: [],
    };
  });
  const ofTest = blended(way, { members: members.map(ofTestBy), classes }, weights, Uint32Array.from(testIds.keys()));
  const scoredOn = { train: images, answers };
  const own = contenderOf({ id: BLEND, title: BLEND }, scoredOn, nested, ofTest, classes);
  const labels = predictedLabels(ofTest, classes);
  const scores = {
    train: score(blended(way, fitting, weights, all), all),
    outOfFold: score(nested, all),
    test:
      own.test && answers
        ? scoreAnswers(own.test, answers, images.metric && { metric: images.metric, probabilities: ofTest, classes })
        : null,
  };
  const pairs = members.map((member, i) => {
    const about = { id: records[i].id, title: nameOfRun(records[i]) };
    const other = contenderOf(about, scoredOn, member.outOfFold.probabilities, ofTestBy(member), classes);
    return compareMethods(`${competition.id}, seed ${seed}`, [own, other])!.pairs[0];
  });
  signal?.throwIfAborted();

  return inOwnFolder({ ...given, competition, runsDir }, [{ id: BLEND }], async (submitted) => {
    const { task } = submitted;
    const file = submissionFile(task.outDir, BLEND);
    const csv = submissionCsv(competition, { ids: testIds, labels, probabilities: ofTest }, order);
    const sha256 = submissionDigest(csv);
    const paramsFrom = `blend (${way}) of runs ${records.map(({ id }) => id).join(', ')}`;
    const seconds = (performance.now() - started) / 1000;
    const record: Run = {
      name: task.runName?.(BLEND),
      configuration: {
        competition: competition.id,
        model,
        engine,
        method: BLEND,
        parameters: blendDefaults,
        paramsFrom,
        epochs: 0,
        folds,
        seed,
      },
      startedAt,
      seconds,
      folds: scored,
      scores,
      submission: { file, sha256 },
      probabilities: {
        classes,
        test: test && { probabilities: ofTest, of: digestOfIds(testIds) },
        outOfFold: { probabilities: nested, of: digestOfLabels(images.labels) },
      },
    };
    const { result: run, moved } = await writeOrElsewhere(runsDir, (folder) => writeRun(folder, record));
    if (moved !== null) onMoved?.(moved);
    const tables = given.probabilities
      ? tablesOf(competition, BLEND, { trainIds, testIds, order }, ofTest, nested)
      : null;
    const result = {
      params: blendDefaults,
      paramsFrom,
      folds: scored.map(({ train, validation }) => ({ train, validation })),
      ...scores,
      submission: file,
      sha256,
      seconds,
      run,
      ...(tables && { probabilities: tables.recorded }),
    };
    const comparison = { pairs, sentence: pairs.map(({ sentence }) => sentence).join(' ') };
    const found = { seed, engine, model, epochs: 0, folds, methods: { [BLEND]: result }, comparison };
    const submit = await writeSubmit(
      submitted,
      found,
      [submissionOutput(competition, BLEND, csv), ...(tables?.files ?? [])],
      { onMoved },
    );
    const best = records.reduce((first, one) => (meritOfRun(one) > meritOfRun(first) ? one : first));
    return {
      way,
      members: records.map((one, i) => ({
        run: one.id,
        name: nameOfRun(one),
        weight: weights[i],
        outOfFold: one.scores.outOfFold,
        test: one.scores.test,
      })),
      best: nameOfRun(best),
      pairs,
      submit,
    };
  });
}

const labelsOf = (labels: Uint16Array, rows: Uint32Array): Uint16Array => Uint16Array.from(rows, (row) => labels[row]);

const meritOfRun = ({ scores }: RunRecord): number => meritOf(scores.outOfFold);

/** Nothing where there are no test images. */
const ofTestBy = ({ test }: RunProbabilities): Float32Array => test?.probabilities ?? new Float32Array(0);

/** @throws UserError unless the runs can be blended with each other */
async function checkedRecords(folders: readonly string[], way: BlendWay): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  for (const folder of folders) records.push(await readRecord(folder));
  const [first, ...others] = records;
  if (others.length === 0) throw new UserError('Expected two runs or more to blend, got one. Name another one.');
  const twice = records.find(({ id }, i) => records.findIndex((one) => one.id === id) < i);
  if (twice !== undefined) throw new UserError(`Expected different runs, got ${nameOfRun(twice)} twice. Name it once.`);
  const unkept = records.find(({ probabilities }) => probabilities === undefined);
  if (unkept !== undefined) {
    throw new UserError(
      `${unkept.id}: expected a run that has kept its probabilities, got one of an earlier version. Train it again.`,
    );
  }
  for (const other of others) {
    const refuse = (expected: string, got: string, remedy: string): never => {
      throw new UserError(
        `${nameOfRun(other)}: expected ${expected} as ${nameOfRun(first)} has, got ${got}. ${remedy}`,
      );
    };
    const [a, b] = [first.configuration, other.configuration];
    if (a.competition !== b.competition) refuse(a.competition, b.competition, 'Blend runs of one competition.');
    const { test, outOfFold } = first.probabilities!;
    const { test: otherTest, outOfFold: otherOutOfFold } = other.probabilities!;
    if (outOfFold.of !== otherOutOfFold.of || test?.of !== otherTest?.of) {
      refuse('the same images', 'others', 'Blend runs that were trained on the same data.');
    }
    if (isFitted(way) && (a.folds !== b.folds || a.seed !== b.seed)) {
      refuse(
        `${a.folds} folds of seed ${a.seed}`,
        `${b.folds} of seed ${b.seed}`,
        'Blend runs of the same folds, or take --way mean or geometric, which fit nothing.',
      );
    }
  }
  return records;
}
