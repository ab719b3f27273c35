/** `npm run blend`: one submission of the predictions of several runs. */
import { basename } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { points } from '../../base/format.ts';
import { printable } from '../../base/printable.ts';
import { readRecord, writtenFiles } from '../../records/index.ts';
import {
  blendRuns,
  type BlendResult,
  type BlendWay,
  blendWays,
  countedScore,
  isFitted,
  legendOf,
  type Pair,
} from '../../submissions/index.ts';
import { defineCommand } from '../command.ts';
import { option } from '../option.ts';
import { oneOf } from '../option-parsers.ts';
import { shared } from '../options.ts';
import { findRun } from '../runs.ts';
import { RUNS_DIRECTORY } from '../submissions.ts';
import { table } from '../table.ts';
import { tryToTag } from '../tags.ts';

const ways = Object.keys(blendWays) as BlendWay[];

export const blend = defineCommand({
  name: 'blend',
  summary: 'blend the predictions of several runs into one submission, with an honest score',
  options: {
    way: option({
      flags: '--way <name>',
      description: `how they are blended: ${ways.map((way) => `${way} (${blendWays[way]})`).join('; ')}`,
      parse: oneOf('way', ways),
      fallback: 'weights',
    }),
    ...shared('dataDir', 'solution', 'probabilities', 'outDir', 'name', 'tag'),
  },
  files: {
    syntax: '<runs...>',
    description: 'two or more: names of runs or parts of them, methods (the newest run), or folders',
  },
  examples: [
    ['swa plain', 'the newest runs of both; weights are fitted on their out-of-fold predictions'],
    ['swa plain fge --way greedy', 'members are added as long as the metric of the competition improves'],
    ['swa plain --way mean --name both', 'with equal weights, in submissions/<competition>/both/'],
  ],
  stopped: 'Nothing was submitted; start again with',
  async run({ way, dataDir, solution, probabilities, outDir, name, tag }, { progress, signal }, names) {
    const folders: string[] = [];
    for (const run of names) folders.push(await findRun(run));
    const { competition } = (await readRecord(folders[0])).configuration;
    progress.step(`Blending ${names.length} runs of ${printable(competition)}.`);
    const result = await blendRuns(
      {
        folders,
        way,
        dataDir,
        solutionFile: solution,
        probabilities,
        outDir: outDir ?? `submissions/${competition}`,
        name,
        runsDir: RUNS_DIRECTORY,
      },
      { signal, onMoved: (sentence) => progress.note(sentence) },
    );
    const { submit, ...about } = result;
    const { blend: own } = submit.methods;
    await tryToTag(progress, 'run', [basename(own.run)], tag);
    return { json: { ...about, ...submit }, text: blendText(result) };
  },
});

function blendText({ way, members, best, pairs, submit }: BlendResult): string {
  const { blend: own } = submit.methods;
  const rows = [
    ['blend', '', countedScore(own.outOfFold), '', countedScore(own.test)],
    ...members.map(({ name, weight, outOfFold, test }, i) => [
      `${printable(name)}${name === best ? ' (the best)' : ''}`,
      points(weight, 1),
      countedScore(outOfFold),
      gainText(pairs[i].outOfFold, outOfFold.metric !== undefined),
      countedScore(test),
    ]),
  ];
  return [
    table(['', 'weight %', 'out-of-fold', 'blend is better by', 'test'], rows, 'lrrrr'),
    `${legendOf(own.outOfFold)}. ` +
      (isFitted(way)
        ? 'The out-of-fold score of the blend is honest: the weights of each fold were fitted on the others. ' +
          `On what they were fitted on it has ${countedScore(own.train)}.`
        : 'Nothing was fitted.'),
    pairs.map(({ sentence }) => sentence).join('\n'),
    `Written: ${writtenFiles(own)
      .map(({ file }) => displayPath(file))
      .join(', ')}`,
  ].join('\n\n');
}

/** How much better the blend is on the same images, with the standard error of the difference. */
function gainText({ difference, standardError }: Pair['outOfFold'], isByMetric: boolean): string {
  const text = (value: number): string => (isByMetric ? value.toFixed(4) : points(value));
  return `${difference < 0 ? '' : '+'}${text(difference)} ± ${text(standardError)}`;
}
