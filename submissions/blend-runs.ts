/** A blend of runs, and of tables from elsewhere, as a submission and a run of its own, with an honest score. */
import { join } from 'node:path';
import { writeTogether } from '../base/output-files.ts';
import { UserError } from '../base/user-error.ts';
import {
  type Competition,
  competitionOfRun,
  foldCount,
  loadOnce,
  loadSample,
  pick,
  USUAL_FOLDS,
} from '../data/index.ts';
import {
  BLEND,
  blendDefaults,
  meritOf,
  pickRows,
  predictionsOf,
  type Score,
  scorePredictions,
} from '../pipeline/index.ts';
import type { RunRecord, SubmitResult } from '../records/index.ts';
import { atTemperature, type BlendWay, blended, isFitted } from './blend.ts';
import { fitFolds, normalised } from './blend-folds.ts';
import { type BlendSource, checkedRecords, loadMember, type Member } from './blend-members.ts';
import { compareMethods, type Pair } from './compare.ts';
import { contenderOf } from './contender.ts';
import type { Data } from './prepare.ts';
import { loadAnswers, scoreProbabilities, type TestScore } from './score.ts';
import { orderBySample } from './submission.ts';
import { interruptedRuns, removeInterrupted } from './interrupted-runs.ts';
import { inOwnFolder, type OwnFolder, preparedRuns, prepareOutput, writeSubmit } from './submit-files.ts';
import { filesOf, submitPredictions } from './submit-predictions.ts';
import type { SubmitProgress, SubmitTask } from './submit-task.ts';

export interface BlendTask extends Pick<
  SubmitTask,
  'dataDir' | 'images' | 'solutionFile' | 'probabilities' | 'outDir' | 'name' | 'runsDir' | 'recipe'
> {
  /** Two or more. */
  readonly sources: readonly BlendSource[];
  /** Needed where there is no run. Default: that of the runs. */
  readonly competition?: Competition;
  readonly way: BlendWay;
  /** How much each source counts, for ways that fit none: not negative, with a sum above 0. Default: equal ones. */
  readonly weights?: readonly number[];
}

export interface BlendMember {
  /** Id of the run; null for a file. */
  readonly run: string | null;
  /** What it is called: name of the run, or the file. */
  readonly name: string;
  /** Fitted on all out-of-fold predictions, for the test images. */
  readonly weight: number;
  /** At which its predictions were blended: below 1 they were made surer. 1 for ways that fit none. */
  readonly temperature: number;
  /** Null for a file without such predictions. */
  readonly outOfFold: Score | null;
  readonly test: Score | null;
}

export interface BlendResult {
  readonly way: BlendWay;
  readonly members: readonly BlendMember[];
  /** Name of the best member by its out-of-fold score; null if a member has none. */
  readonly best: string | null;
  /** The blend against each member. */
  readonly pairs: readonly Pair[];
  /** The submit, with a run; null where the blend cannot be one. */
  readonly submit: SubmitResult | null;
  /** What there is of the blend itself. */
  readonly own: {
    /** Null if a member has no out-of-fold predictions. */
    readonly outOfFold: Score | null;
    /** On what the weights were fitted on. */
    readonly train: Score | null;
    readonly test: TestScore | null;
  };
  /** Paths of what was written without a submit. */
  readonly written: readonly string[];
}

/**
 * @throws UserError if there are fewer than two members, if they are of different competitions, images or folds, if one
 *   has no probabilities where they are needed, or if something cannot be read or written
 */
export async function blendRuns(
  { sources, way, weights: given, competition: wanted, ...options }: BlendTask,
  {
    signal,
    onBegin,
    onMoved,
    becomesLatest,
  }: Pick<SubmitProgress, 'signal' | 'onBegin' | 'onMoved' | 'becomesLatest'> = {},
): Promise<BlendResult> {
  const startedAt = new Date();
  const started = performance.now();
  expectWeights(way, given, sources.length);
  const { records, competition, members, data } = await loadAll(
    { sources, way, competition: wanted, ...options },
    signal,
  );
  const fromFiles = members.filter(({ record }) => record === null).map(({ name }) => name);
  const paramsFrom =
    `blend (${[way, ...(given ? ['weights', given.join(':')] : [])].join(' ')}) of runs ` +
    records.map(({ id }) => id).join(', ') +
    (fromFiles.length === 0 ? '' : ` and files ${fromFiles.join(', ')}`);
  const ofSame = { method: BLEND, paramsFrom, name: options.name } as const;
  const interrupted = await interruptedRuns(options.runsDir, ofSame);
  await prepareOutput({ ...options, competition }, [BLEND], interrupted);
  const runsDir = await preparedRuns(options, { onMoved });
  signal?.throwIfAborted();
  onBegin?.();
  const { train, test, answers } = data;
  const holdout = records.find(({ configuration: { trainFolds } }) => trainFolds !== undefined);
  const configuration = (holdout ?? records[0])?.configuration;
  const blind = members.some(({ outOfFold }) => outOfFold === null);
  const { folds, seed, trainFolds } = configuration ?? { folds: foldCount(train), seed: 1 };
  // Images of a holdout are in one fold: they have folds of their own.
  const nestedFolds = holdout ? USUAL_FOLDS : folds;
  const fitted = blind ? null : fitFolds(way, given, { members, data, competition, folds: nestedFolds, seed });
  const weights = fitted?.weights ?? normalised(given ?? members.map(() => 1));
  const classes = competition.classes.length;
  const temperatures = fitted?.temperatures ?? members.map(() => 1);
  const ofTest = blended(
    way,
    { members: members.map((member, i) => atTemperature(member.test, temperatures[i], classes)), classes },
    weights,
    Uint32Array.from(test.ids.keys()),
  );
  const told = members.map(({ name, record, outOfFold, test: own }, i): BlendMember => ({
    run: record?.id ?? null,
    name,
    weight: weights[i],
    temperature: temperatures[i],
    outOfFold: (holdout ? null : record?.scores.outOfFold) ?? (outOfFold && scoreOn(data, competition, outOfFold)),
    test: record?.scores.test ?? (answers && scoreProbabilities(own, answers, competition)),
  }));
  const task = { ...options, competition, runsDir };
  const nested = fitted?.predictions.probabilities.outOfFold ?? null;
  const contender = nested && contenderOf({ id: BLEND, title: BLEND }, data, nested, ofTest, classes);
  const where = configuration ? `${competition.id}, seed ${seed}` : competition.id;
  const pairs = members.flatMap(({ name, record, outOfFold, test: own }) => {
    if (!contender || !outOfFold) return [];
    const other = contenderOf({ id: record?.id ?? name, title: name }, data, outOfFold, own, classes);
    return compareMethods(where, [contender, other])!.pairs;
  });
  const about = { way, members: told, best: fitted && bestOf(told), pairs };
  if (fitted === null || configuration === undefined) {
    const { files } = filesOf(task, data, BLEND, { test: ofTest, outOfFold: nested });
    const written = await inOwnFolder(task, [{ id: BLEND }], async ({ task: { outDir } }) => {
      await writeTogether(outDir, files);
      return files.map(({ name }) => join(outDir, name));
    });
    const { outOfFold, train: ofTrain } = fitted?.predictions ?? { outOfFold: null, train: null };
    const ofAnswers = answers && scoreProbabilities(ofTest, answers, competition);
    return { ...about, submit: null, own: { outOfFold, train: ofTrain, test: ofAnswers }, written };
  }

  const { predictions } = fitted;
  const work = async (submitted: OwnFolder<typeof task>): Promise<BlendResult> => {
    const { engine, model } = configuration;
    const { result, files: outputs } = await submitPredictions(
      { ...submitted.task, engine, model, epochs: 0, folds, trainFolds, seed },
      data,
      { id: BLEND, title: BLEND, parameters: blendDefaults, paramsFrom },
      { ...predictions, probabilities: { ...predictions.probabilities, test: ofTest } },
      { startedAt, started, signal, onMoved },
    );
    const comparison = { pairs, sentence: pairs.map(({ sentence }) => sentence).join(' ') };
    const found = { seed, engine, model, epochs: 0, folds, trainFolds, methods: { [BLEND]: result }, comparison };
    await removeInterrupted(interrupted);
    const submit = await writeSubmit(submitted, found, outputs, { onMoved, becomesLatest });
    const { train: ofTrain, outOfFold, test: ofAnswers } = submit.methods[BLEND];
    return { ...about, submit, own: { train: ofTrain, outOfFold, test: ofAnswers }, written: [] };
  };
  return inOwnFolder(task, [{ id: BLEND }], work, interrupted);
}

/** Reads the members, and what they are scored and ordered by. */
async function loadAll(
  { sources, way, competition: wanted, dataDir, images: given, solutionFile }: Omit<BlendTask, 'outDir' | 'runsDir'>,
  signal: AbortSignal | undefined,
): Promise<{ records: RunRecord[]; competition: Competition; members: Member[]; data: Data }> {
  const records = await checkedRecords(sources, way);
  const [first] = records;
  const competition = first ? competitionOfRun(first.configuration) : wanted;
  if (competition === undefined) throw new UserError('Expected --competition, since no run is named. Name it.');
  if (wanted !== undefined && wanted.id !== competition.id) {
    throw new UserError(`Expected runs of ${wanted.id}, got one of ${competition.id}. Leave --competition out.`);
  }
  const loaded = given ?? loadOnce(competition, { dataDir, signal });
  const train = await loaded.train();
  const test = await loaded.test();
  const trainIds = (await loaded.trainIds()) ?? Array.from(train.labels, (_, row) => String(row + 1));
  const images = { competition, dataDir, loaded, testIds: test.ids, trainIds };
  const members: Member[] = [];
  for (const source of sources) {
    signal?.throwIfAborted();
    members.push(await loadMember(source, images));
  }
  const blind = members.find(({ outOfFold }) => outOfFold === null);
  if (isFitted(way) && blind) {
    throw new UserError(
      `${blind.name}: expected out-of-fold predictions, on which --way ${way} fits the weights, got none. ` +
        'Name a table of them with --out-of-fold, or take --way mean or geometric.',
    );
  }
  const sample = test.ids.length === 0 ? null : await loadSample(competition, { dataDir });
  const data = cutToHoldout({ train, trainIds }, members);
  const order = orderBySample(competition, test.ids, sample, dataDir);
  const answers = test.ids.length === 0 ? null : await loadAnswers(competition, test, { dataDir, solutionFile });
  return { records, competition, members: data.members, data: { ...data.images, test, order, answers } };
}

/** The images that all members have predicted out of fold, and these predictions alone. */
function cutToHoldout(
  { train, trainIds }: Pick<Data, 'train' | 'trainIds'>,
  members: readonly Member[],
): { members: Member[]; images: Pick<Data, 'train' | 'trainIds'> } {
  const holdout = members.find(({ record }) => record?.configuration.trainFolds !== undefined);
  if (holdout === undefined) return { members: [...members], images: { train, trainIds } };
  const { rows } = holdout;
  const { source, folds: rule } = train;
  // Folds that are given say how all images are split, not how a part of them is.
  const folds = rule && (rule.part?.is === 'fold' ? { isStratified: rule.isStratified } : rule);
  const images = pick({ ...train, folds }, rows);
  const classes = holdout.outOfFold!.length / rows.length;
  return {
    images: {
      train: { ...images, source },
      trainIds: Array.from(rows, (row) => trainIds[row]),
    },
    members: members.map((member) => ({
      ...member,
      rows,
      outOfFold:
        member.outOfFold && member.rows.length > rows.length
          ? pickRows(member.outOfFold, rows, classes)
          : member.outOfFold,
    })),
  };
}

function expectWeights(way: BlendWay, weights: readonly number[] | undefined, members: number): void {
  if (weights === undefined) return;
  if (isFitted(way)) {
    throw new UserError(
      `Expected --way mean or geometric with --weights, got --way ${way}, which fits them. Leave one of the two out.`,
    );
  }
  if (weights.length === members) return;
  throw new UserError(
    `Expected as many weights as runs and files, ${members}, got ${weights.length}. Give --weights one for each.`,
  );
}

const scoreOn = ({ train }: Data, { classes }: Competition, probabilities: Float32Array): Score =>
  scorePredictions(predictionsOf(probabilities, train.labels, classes.length), train.metric);

/** By the scores out of fold, which all members have. */
const bestOf = (members: readonly BlendMember[]): string =>
  members.reduce((first, one) => (meritOf(one.outOfFold!) > meritOf(first.outOfFold!) ? one : first)).name;
