/** `npm run blend`: one submission of the predictions of several runs. */
import { basename } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { counted, countedScore, NOTHING, points } from '../../base/format.ts';
import { printable } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { type Competition, findCompetition } from '../../data/index.ts';
import { readRecord } from '../../records/index.ts';
import {
  blendRuns,
  type BlendResult,
  type BlendSource,
  type BlendWay,
  blendWays,
  isFitted,
  LATEST,
  legendOf,
  type Pair,
} from '../../submissions/index.ts';
import { defineCommand, type Session } from '../command.ts';
import { chooseCompetition } from '../competition.ts';
import { option, optional } from '../option.ts';
import { nameList, oneOf, weightList } from '../option-parsers.ts';
import { shared } from '../options.ts';
import { findRun } from '../runs.ts';
import { RUNS_DIRECTORY, submissionsOf } from '../places.ts';
import { writtenText } from '../submissions.ts';
import { table } from '../table.ts';
import { tryToTag } from '../tags.ts';

const ways = Object.keys(blendWays) as BlendWay[];

export const blend = defineCommand({
  name: 'blend',
  summary: 'blend the predictions of runs, and of files from elsewhere, into one submission with an honest score',
  options: {
    way: option({
      flags: '--way <name>',
      description: `how they are blended: ${ways.map((way) => `${way} (${blendWays[way]})`).join('; ')}`,
      parse: oneOf('way', ways),
      fallback: 'weights',
    }),
    weights: optional({
      flags: '--weights <numbers>',
      description: 'with --way mean or geometric: how much each run or file counts, in their order, such as 2,1,1',
      parse: weightList,
      shownFallback: 'all the same',
    }),
    outOfFold: optional({
      flags: '--out-of-fold <files>',
      description:
        'tables with the out-of-fold predictions of the files, in their order, separated by commas; weights are fitted on them, and the score is made of them',
      parse: nameList,
      shownFallback: 'none',
    }),
    competition: optional({
      flags: '--competition <id>',
      description: 'the data, if only files are named: the name of a competition, or its description (a .json file)',
      parse: (text) => findCompetition(text),
      shownFallback: 'that of the runs',
    }),
    ...shared('dataDir', 'solution', 'probabilities', 'outDir', 'name', 'tag'),
  },
  files: {
    syntax: '<runs...>',
    description:
      'two or more: names of runs or parts of them, methods (the newest run), folders, or tables of probabilities of the test images (.csv, .csv.gz, .zip)',
  },
  examples: [
    ['swa plain', 'the newest runs of both; weights are fitted on their out-of-fold predictions'],
    ['swa plain fge --way greedy', 'members are added as long as the metric of the competition improves'],
    ['swa plain --way mean --name both', 'with equal weights, in submissions/<competition>/both/'],
    ['swa other.csv --out-of-fold other-oof.csv', 'a run, and a table of probabilities from elsewhere'],
    ['swa other.csv --way mean --weights 2,1', 'without out-of-fold predictions there is no score, and no run'],
  ],
  stopped: 'Nothing was submitted; start again with',
  async run({ way, weights, outOfFold, competition: named, dataDir, outDir, tag, ...options }, session, words) {
    const { progress, signal } = session;
    const { solution, probabilities, name } = options;
    const sources = await sourcesOf(words, outOfFold);
    const [run] = sources.flatMap((source) => ('folder' in source ? [source.folder] : []));
    const wanted = run === undefined ? await competitionOfTables({ competition: named, dataDir }, session) : named;
    const competition = run === undefined ? wanted!.id : (await readRecord(run)).configuration.competition;
    const result = await blendRuns(
      {
        sources,
        way,
        weights,
        competition: wanted,
        dataDir,
        solutionFile: solution,
        probabilities,
        outDir: outDir ?? submissionsOf(competition),
        name,
        runsDir: RUNS_DIRECTORY,
      },
      {
        signal,
        onBegin: () => progress.step(`Blending ${counted(words.length, 'member')} of ${printable(competition)}.`),
        onMoved: (sentence) => progress.warn(sentence),
      },
    );
    const { submit, ...about } = result;
    if (submit) await tryToTag(progress, 'run', [basename(submit.methods.blend.run)], tag);
    else if (tag.length > 0) progress.note('The tags are not kept: there is no run.');
    return { json: { ...about, ...submit }, text: blendText(result) };
  },
});

/** @throws UserError if nothing says of which competition tables without a run are */
async function competitionOfTables(
  wanted: Parameters<typeof chooseCompetition>[0],
  session: Session,
): Promise<Competition> {
  if (wanted.competition !== undefined || wanted.dataDir !== undefined) return chooseCompetition(wanted, session);
  throw new UserError(
    'Expected --competition or --data-dir beside tables without a run, got neither. Name the competition of the tables.',
  );
}

const isTable = (word: string): boolean => /\.(csv|csv\.gz|zip)$/i.test(word);

/** @throws UserError for a run that is not there, or unless each file has its table of out-of-fold predictions or none has */
async function sourcesOf(words: readonly string[], outOfFold: readonly string[] | undefined): Promise<BlendSource[]> {
  const files = words.filter(isTable);
  if (outOfFold !== undefined && outOfFold.length !== files.length) {
    throw new UserError(
      `Expected --out-of-fold to name a table for each of ${counted(files.length, 'file')}, got ${outOfFold.length}.`,
    );
  }
  const sources: BlendSource[] = [];
  for (const word of words) {
    sources.push(
      isTable(word) ? { file: word, outOfFold: outOfFold?.[files.indexOf(word)] } : { folder: await findRun(word) },
    );
  }
  return sources;
}

function blendText({ way, members, best, pairs, submit, own, written }: BlendResult): string {
  const rows = [
    ['blend', '', countedScore(own.outOfFold), '', countedScore(own.test)],
    ...members.map(({ name, weight, outOfFold, test }, i) => [
      `${printable(name)}${name === best ? ' (the best)' : ''}`,
      points(weight, 1),
      countedScore(outOfFold),
      i in pairs ? gainText(pairs[i].outOfFold, outOfFold?.metric !== undefined) : NOTHING,
      countedScore(test),
    ]),
  ];
  const isFromElsewhere = members.some(({ run }) => run === null);
  return [
    table(['', 'weight %', 'out-of-fold', 'blend is better by', 'test'], rows, 'lrrrr'),
    [
      `${legendOf(own.outOfFold ?? members.find(({ outOfFold }) => outOfFold)?.outOfFold ?? undefined)}.`,
      scoreText(way, own),
      ...(isFromElsewhere && own.outOfFold
        ? ['Files do not say on which folds their out-of-fold predictions were made; they are taken as such.']
        : []),
    ].join(' '),
    pairs.map(({ sentence }) => sentence).join('\n'),
    ...(submit
      ? [writtenText(submit)]
      : [
          `Written: ${written.map(displayPath).join(', ')}`,
          `There is no run of it: ${own.outOfFold ? 'no run is a member' : 'it has no out-of-fold score'}. ` +
            `So ${LATEST} beside its folder still has the submit before, and compare does not list it.`,
        ]),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function scoreText(way: BlendWay, { outOfFold, train }: BlendResult['own']): string {
  if (outOfFold === null) return 'There is no out-of-fold score: a file has no out-of-fold predictions.';
  if (!isFitted(way)) return 'Nothing was fitted.';
  return (
    'The out-of-fold score of the blend is honest: the weights of each fold were fitted on the others. ' +
    `On what they were fitted on it has ${countedScore(train)}.`
  );
}

/** How much better the blend is on the same images, with the standard error of the difference. */
function gainText({ difference, standardError }: Pair['outOfFold'], isByMetric: boolean): string {
  const text = (value: number): string => (isByMetric ? value.toFixed(4) : points(value));
  return `${difference < 0 ? '' : '+'}${text(difference)} ± ${text(standardError)}`;
}
