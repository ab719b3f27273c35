/** `npm run search`: finds good parameters for each method by cross-validation. */
import { type Competition, findRole, foldCount } from '../../data/index.ts';
import { bestParameters, measureNames, type SearchOutcome } from '../../tuning/index.ts';
import { UserError } from '../../base/user-error.ts';
import type { MethodName } from '../../pipeline/index.ts';
import { isMemory } from '../../search/index.ts';
import { defineCommand } from '../command.ts';
import { confirmedTables, frontTables, searchTable } from '../search-tables.ts';
import { movedInWords, searchAll, stoppedSearch } from '../searches.ts';
import { stopInWords } from '../study-words.ts';
import { tryToTag } from '../tags.ts';
import { epochsOf, type Training, withTraining } from '../training.ts';
import { commandLine, shellWord } from '../../base/command-line.ts';
import { LARGEST_COUNT, option, optional, toggle } from '../option.ts';
import { wholeNumber } from '../option-parsers.ts';
import { shared, USUAL_EPOCHS } from '../options.ts';
import { enqueuedTrials, fix, limits, measuresIn, objectiveNames, searchSpace } from '../search-options.ts';

export const search = defineCommand({
  name: 'search',
  summary: 'find good parameters for each method by cross-validation',
  options: {
    ...shared(
      'competition',
      'dataDir',
      'skipBroken',
      'model',
      'method',
      'trials',
      'epochs',
      'folds',
      'workers',
      'sampler',
      'pruner',
    ),
    space: optional({
      flags: '--space <json>',
      description: 'search space: the distribution of each parameter, as JSON or a file with JSON',
      parse: searchSpace,
      shownFallback: 'that of the method',
    }),
    fix,
    enqueue: optional({
      flags: '--enqueue <json>',
      description:
        'parameters of the first trial, or a list for several trials, as JSON or a file with JSON; names and exponents of the published study are converted',
      parse: enqueuedTrials,
      shownFallback: 'the defaults of the method',
    }),
    objective: optional({
      flags: '--objective <names>',
      description: `what is wanted, separated by commas: the score (accuracy, or the metric of the competition), then ${measureNames.join(', ')}; several give a front of trials in place of one best trial, and nothing is pruned`,
      parse: objectiveNames,
      shownFallback: 'the score',
    }),
    constraint: option({
      flags: '--constraint <bounds>',
      description: `what the best trial must keep, separated by commas: ${measureNames.join(', ')} or the score, <= or >=, and a number`,
      parse: limits,
      fallback: [],
      shownFallback: 'none',
    }),
    deterministic: toggle(
      '--deterministic',
      'make the same study with any number of workers: a trial does not learn from the newest trials, and at most 8 run at once',
    ),
    lag: optional({
      flags: '--lag <n>',
      description: 'with --deterministic: trial k learns from the trials up to k − n, and at most n run at once',
      parse: wholeNumber(1, LARGEST_COUNT),
      shownFallback: 'grows with the study from 2 to 8',
    }),
    ...shared('patienceTrials'),
    terminator: toggle(
      '--terminator',
      'stop when all further trials can gain less than the standard error of the best one over its folds, from 20 trials',
    ),
    confirm: optional({
      flags: '--confirm <n>',
      description:
        'train the best n trials again at the end, on a new seed and new folds: says how much luck the best score has, and submit takes the best of them',
      parse: wholeNumber(1, 100),
      shownFallback: 'none',
    }),
    ...shared('prior', 'engine', 'seed', 'storage', 'timeout', 'name', 'tag'),
  },
  examples: [
    ['', '20 trials of swa and of plain'],
    ['--method swa --trials 50 --timeout 2h', 'one method, for at most two hours'],
    ['--fix momentum=0.9 --sampler random', 'with a fixed momentum'],
    ['--enqueue \'{"learningRate":0.05,"batchSize":32}\'', 'begin with a trial of your own'],
    ['--competition fashion-mnist --epochs 20 --folds 3', 'other data, shorter trials'],
    ['--objective accuracy,seconds', 'the trials that no other beats in both'],
    ["--method snapshot --constraint 'seconds<=60,weights<=100000'", 'the best within bounds'],
    ['--method swa --deterministic --workers 8', 'the same study as with one worker'],
    ['--trials 200 --terminator', 'until more trials are not worth it'],
    ['--method swa --confirm 5', 'train the best five again, on new folds'],
    ['--method swa --prior plain', 'learn from the study of plain too'],
    ['--method swa --name first --tag try', 'give the study a name and a tag'],
    ['--json > best.json', 'for scripts, and for submit --params best.json'],
  ],
  stopped: stoppedSearch,
  async run(options, session) {
    const { method: methods, seed, timeout: timeoutMs } = options;
    if (options.lag !== undefined && !options.deterministic) {
      throw new UserError('Expected --deterministic beside --lag: without it no trial waits for another.');
    }
    const lag = options.deterministic ? (options.lag ?? 'growing') : undefined;
    return withTraining(options, session, async (training) => {
      const images = await training.images.train();
      const folds = options.folds ?? foldCount(images);
      const objectives = options.objective && measuresIn(options.objective, images.metric ?? 'accuracy');
      const constraints = options.constraint;
      const outcomes = await searchAll(
        training,
        {
          ...options,
          epochs: epochsOf(options.epochs, training, USUAL_EPOCHS),
          folds,
          methods,
          timeoutMs,
          lag,
          objectives,
          constraints,
        },
        session,
      );
      const studies = Object.values(outcomes).map(({ study }) => study);
      await tryToTag(session.progress, 'study', studies, options.tag);
      return {
        json: { competition: training.competition.id, seed, methods: searchJson(outcomes) },
        text: `${[searchTable(outcomes), ...frontTables(outcomes), ...confirmedTables(outcomes), ...earlyStops(outcomes)].join('\n\n')}\n\n${await nextStep(outcomes, training, options.storage)}${await testAdvice(training.competition, options.dataDir)}`,
        problem: movedInWords(outcomes, options.storage),
      };
    });
  },
});

/** The JSON form of the outcomes, which scripts rely on. */
export const searchJson = (outcomes: Readonly<Record<string, SearchOutcome>>): object =>
  Object.fromEntries(
    Object.entries(outcomes).map(([method, { best, waiting: _waiting, storage: _storage, ...outcome }]) => {
      const { number, value, params } = best ?? {};
      return [method, { ...outcome, best: best && { number, value, params } }];
    }),
  );

/** What submit will want beside the parameters. */
async function testAdvice(competition: Competition, dataDir: string | undefined): Promise<string> {
  if (competition.files.test.length === 0) return ' There are no test images: it compares the methods on folds.';
  const found = await findRole(competition, 'test', dataDir);
  return found.format ? '' : ` It needs the test images too, which are not there: ${found.missing.files}.`;
}

const earlyStops = (outcomes: Outcomes): string[] =>
  Object.entries(outcomes).flatMap(([method, { earlyStop }]) =>
    earlyStop ? [`${method}: ${stopInWords(earlyStop)}`] : [],
  );

type Outcomes = Readonly<Record<string, SearchOutcome>>;

/** Command lines of `submit` that take these studies: a study with longer trainings comes first if none is named. */
async function submitLines(
  outcomes: Outcomes,
  { competition, model, images }: Training,
  storage: string,
): Promise<string> {
  const query = { competition: competition.id, model, storage, images: await images.train() };
  const found = await Promise.all(
    Object.entries(outcomes).map(async ([method, { study, best }]) => {
      // Nothing may spoil the end of a search.
      const taken = best && (await bestParameters({ ...query, method: method as MethodName }).catch(() => null));
      return { method, study, isOther: taken !== null && taken.study !== study };
    }),
  );
  if (!found.some(({ isOther }) => isOther)) return commandLine('submit');
  return found
    .map(({ method, study }) => commandLine('submit', '--method', method, '--study', shellWord(study)))
    .join(' or ');
}

async function nextStep(outcomes: Outcomes, training: Training, storage: string): Promise<string> {
  if (isMemory(storage)) {
    return `Nothing is kept of a search in memory: with a file as --storage, ${commandLine('submit', '--storage', 'FILE')} trains with the best of it.`;
  }
  if (Object.values(outcomes).every(({ best }) => best === null)) {
    return 'No trial can be used: none was completed within its constraints. Search more trials, or with wider constraints.';
  }
  const hasFront = Object.values(outcomes).some(({ front }) => front !== undefined);
  return Object.values(outcomes).some(({ stopped }) => stopped === 'timeout')
    ? 'Stopped by --timeout; the same command goes on.'
    : `Next: ${await submitLines(outcomes, training, storage)} trains with the best of these${hasFront ? ', by the score; --trial N takes another one of the front' : ''}.`;
}
