/** `npm run runs -- errors`: the images that a run gets wrong, with what helps to decide why. */
import { counted, integer, percent, points } from '../base/format.ts';
import { imageColumn } from '../base/image-name.ts';
import { printable } from '../base/printable.ts';
import { type ErrorLook, type ErrorLooks, lookAtErrors, type Suspect } from '../submissions/index.ts';
import { defineCommand } from './command.ts';
import { LARGEST_COUNT, option } from './option.ts';
import { wholeNumber } from './option-parsers.ts';
import { shared } from './options.ts';
import type { Bar } from './progress.ts';
import { RUNS_DIRECTORY } from './places.ts';
import { findRun } from './runs.ts';
import { table } from './table.ts';

const PLAIN_LINES = 4;
const USUAL = 20;
const LONGEST_NAME = 20;
const LONGEST_ID = 60;

export const errors = defineCommand({
  name: 'errors',
  summary: 'the images that a run gets wrong out of fold: is it the label, the image or the network?',
  options: {
    top: option({
      flags: '--top <n>',
      description: 'look at the n wrong images that the networks were surest of',
      parse: wholeNumber(1, LARGEST_COUNT),
      fallback: USUAL,
    }),
    ...shared('dataDir'),
  },
  files: {
    syntax: '<run>',
    description: 'name of a run or a part of it, a method (its newest run), or a folder',
  },
  examples: [
    ['swa', 'the newest run of swa: nearest training images, and what other runs say'],
    ['swa --top 200 --json', 'more of them, as JSON'],
  ],
  stopped: 'Nothing was changed; start again with',
  async run({ top, dataDir }, { progress, signal }, [name]) {
    const folder = await findRun(name);
    let bar: Bar | undefined;
    const found = await lookAtErrors(folder, {
      runsDir: RUNS_DIRECTORY,
      dataDir,
      most: top,
      signal,
      onShare(share) {
        bar ??= progress.bar('Nearest images', 100, '%', PLAIN_LINES);
        bar.update(Math.floor(100 * share));
      },
    });
    progress.clear();
    const { train: _train, ...json } = found;
    return { json, text: errorText(found) };
  },
});

function errorText({ run, images, wrong, others, looks }: ErrorLooks): string {
  const said = `${printable(run)}: ${counted(wrong, 'image')} of ${integer(images)} wrong out of fold (${percent(wrong / images)})`;
  if (looks.length === 0) return `${said}.`;
  const image = imageColumn(looks);
  const rows = looks.map(({ label, predicted, confidence, nearest, votes, suspect, ...look }) => [
    printable(image.cell(look), LONGEST_ID),
    printable(label, LONGEST_NAME),
    printable(predicted, LONGEST_NAME),
    points(confidence, 0),
    nearest.map((one) => printable(one.label, LONGEST_NAME)).join(', '),
    ...(others.length === 0 ? [] : [`${votes.filter((vote) => vote.predicted === label).length} of ${votes.length}`]),
    suspect,
  ]);
  const head = [
    image.title,
    'label',
    'predicted',
    '%',
    'nearest',
    ...(others.length === 0 ? [] : ['others right']),
    'points to',
  ];
  return [
    `${said}${looks.length < wrong ? `. The ${looks.length} that the networks were surest of` : ''}:`,
    table(head, rows, `${image.align}${others.length === 0 ? 'llrll' : 'llrlrl'}`, { optional: ['nearest'] }),
    meanings(looks),
  ].join('\n\n');
}

/** Explains the last column with the sentences of the looks, each once. */
function meanings(looks: readonly ErrorLook[]): string {
  const sentences = new Map<Suspect, string>(looks.map(({ suspect, says }) => [suspect, says]));
  return [
    'Nearest: labels of the training images whose pixels differ least, the nearest first.',
    ...Array.from(sentences, ([suspect, says]) => {
      const count = looks.filter((look) => look.suspect === suspect).length;
      return `${integer(count)} × ${suspect}: ${says}`;
    }),
  ].join('\n');
}
