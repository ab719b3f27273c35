/** `npm run compare`: the result of the last submit run, or two submission files side by side. */
import { displayPath } from '../../base/paths.ts';
import { type Competition, findSolution } from '../../data/index.ts';
import { UserError } from '../../base/user-error.ts';
import { type Agreement, compareSubmissions } from '../../submissions/index.ts';
import { changedSubmissions, readComparison } from '../../records/index.ts';
import { defineCommand } from '../command.ts';
import { chooseCompetition } from '../competition.ts';
import { counted } from '../../base/format.ts';
import { submissionReport } from '../submissions.ts';
import { table } from '../table.ts';
import { shared } from '../options.ts';

export const compare = defineCommand({
  name: 'compare',
  summary: 'show how the methods did, or compare two submission files',
  options: shared('competition', 'dataDir', 'outDir', 'solution'),
  files: { syntax: '[files...]', description: 'two submissions to compare (default: show the last submit run)' },
  examples: [
    ['', 'the result of the last submit run'],
    ['--competition fashion-mnist', 'of another competition'],
    ['submissions/digit-recognizer/swa.csv other.csv', 'where two submissions differ'],
    ['swa.csv other.csv --solution solution.csv', 'and which of them is right more often'],
  ],
  stopped: 'Nothing was changed; start again with',
  async run({ competition: wanted, dataDir, outDir, solution }, { progress }, files) {
    const competition = await chooseCompetition({ competition: wanted, dataDir }, progress);
    if (files.length === 0) {
      const result = await readComparison(outDir ?? `submissions/${competition.id}`);
      const report = submissionReport(result);
      const changed = (await changedSubmissions(result)).map(displayPath);
      if (changed.length === 0) return report;
      return { ...report, problem: `${changed.join(', ')}: changed or gone since this comparison. Run submit again.` };
    }
    const [first, second] = files;
    if (files.length !== 2) {
      throw new UserError(`Expected two submission files to compare, or none, got ${files.length}.`);
    }
    const answers = solution ?? (await findSolution(competition, { dataDir })) ?? undefined;
    const agreement = await compareSubmissions(competition, [first, second], answers);
    return { json: agreement, text: [agreement.sentence, ...differingImages(agreement, competition)].join('\n\n') };
  },
});

/** Images that are listed for a person; `--json` has all. */
const SHOWN_IMAGES = 10;

function differingImages({ files, differing }: Agreement, { submission, classes }: Competition): string[] {
  if (differing.length === 0) return [];
  const shown = differing.slice(0, SHOWN_IMAGES);
  const rows = shown.map(({ id, first, second }) => [String(id), classes[first], classes[second]]);
  const more = differing.length - shown.length;
  return [
    table([submission.id, ...files], rows, 'rll'),
    ...(more > 0 ? [`And ${counted(more, 'other')} (--json lists all).`] : []),
  ];
}
