/** `npm run average`: averages the solutions that a run has saved, in place of their predictions. */
import { basename } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { printable } from '../../base/printable.ts';
import { competitionOfRun } from '../../data/index.ts';
import { nameOfRun, readRun, writtenFiles } from '../../records/index.ts';
import { averageRun, keptSeveral, planOf, legendOf } from '../../submissions/index.ts';
import { defineCommand } from '../command.ts';
import { counted, countedScore } from '../../base/format.ts';
import { findRunFolder } from '../runs.ts';
import { RUNS_DIRECTORY, submissionsOf } from '../places.ts';
import { table } from '../table.ts';
import { tryToTag } from '../tags.ts';
import { withTraining } from '../training.ts';
import { shared } from '../options.ts';

export const average = defineCommand({
  name: 'average',
  summary: 'average the weights of the networks that a run of fge or snapshot kept, and write a submission',
  options: shared('run', 'dataDir', 'workers', 'solution', 'probabilities', 'outDir', 'name', 'tag'),
  spare: 'run',
  examples: [
    ['', 'the newest run that kept several networks of a fold; nothing is trained'],
    ['--run fge', 'the newest run of fge'],
  ],
  stopped: 'Nothing was submitted; start again with',
  async run({ run, dataDir, workers, solution, probabilities, outDir, name, tag }, session) {
    const recorded = await readRun(await findRunFolder(run, session.progress, keptSeveral));
    const { record, solutions } = recorded;
    const { model, engine, method } = record.configuration;
    const competition = competitionOfRun(record.configuration);
    const plan = await planOf(recorded);
    return withTraining({ competition, dataDir, model, engine, workers }, session, async ({ pool }) => {
      const what = `${counted(solutions.flat().length, 'solution')} of ${counted(solutions.length, 'fold')}`;
      const averaged = await averageRun(
        pool,
        {
          competition,
          dataDir,
          plan,
          solutionFile: solution,
          probabilities,
          outDir: outDir ?? submissionsOf(competition.id),
          name,
          runsDir: RUNS_DIRECTORY,
          from: { record, solutions },
        },
        {
          signal: session.signal,
          onBegin: () => session.progress.step(`Averaging ${what} of ${printable(nameOfRun(record))}.`),
          onMoved: (sentence) => session.progress.warn(sentence),
        },
      );
      const { result, comparison } = averaged;
      await tryToTag(session.progress, 'run', [basename(result.run)], tag);
      const rows = [
        ['Train', countedScore(result.train), countedScore(record.scores.train)],
        ['Out-of-fold', countedScore(result.outOfFold), countedScore(record.scores.outOfFold)],
        ...(result.test ? [['Test', countedScore(result.test), countedScore(record.scores.test)]] : []),
      ];
      return {
        json: averaged,
        text: [
          table(['', averaged.method, method], rows, 'lll'),
          `${legendOf(result.outOfFold, result.folds)}.`,
          comparison.sentence,
          `Written: ${writtenFiles(result)
            .map(({ file }) => displayPath(file))
            .join(', ')}`,
        ].join('\n\n'),
      };
    });
  },
});
