/** `npm run import`: makes a submission with models that were exported, here or by another program. */
import { join } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { UserError } from '../../base/user-error.ts';
import { loadOnce, preparedDirectory } from '../../data/index.ts';
import {
  AUTO,
  chooseModel,
  createNetwork,
  loadPlan,
  normalizationOf,
  type Plan,
  type PlanOfFile,
  readModel,
} from '../../models/index.ts';
import { predictSubmission, reserveFolder } from '../../submissions/index.ts';
import { defineCommand } from '../command.ts';
import { announceGeneration, chooseCompetition } from '../competition.ts';
import { counted, integer, percent } from '../../base/format.ts';
import { shared } from '../options.ts';
import { submissionsOf } from '../places.ts';

const SUBMISSION = 'imported.csv';

export const importModels = defineCommand({
  name: 'import',
  summary: 'predict the test images with exported models, and write a submission',
  options: shared('competition', 'dataDir', 'model', 'engine', 'solution', 'outDir', 'name'),
  files: {
    syntax: '<files...>',
    description:
      '.safetensors files, or folders with a model.json of tf.js; the predictions of several models are averaged',
  },
  examples: [
    ['runs/20260102T030405.678Z-digit-recognizer-swa-1a2b3c4d/tfjs/fold-1', 'one model'],
    ['models/swa/*.safetensors', 'all folds of a run; the submission is that of the run'],
    ['other.safetensors --model mlp --solution solution.csv', 'another network, scored with known labels'],
  ],
  stopped: 'Nothing was changed; start again with',
  async run({ competition: wanted, dataDir, model: choice, engine, solution, name, ...options }, session, files) {
    const { signal, progress } = session;
    const competition = await chooseCompetition({ competition: wanted, dataDir }, session);
    const count = async (): Promise<number> => {
      await preparedDirectory(competition, dataDir);
      return (await loadOnce(competition, { dataDir, signal }).train()).count;
    };
    let plan: Plan | undefined;
    // The first file decides for all.
    const planOf: PlanOfFile = async (named) => {
      const automatic = async () => named ?? (await chooseModel(competition.shape, count)).model;
      const model = choice === AUTO ? await automatic() : choice;
      return (plan ??= await loadPlan(model, competition.shape, competition.classes.length));
    };
    const models = [];
    for (const file of files) models.push(await readModel(planOf, file, competition.classes));
    expectAlike(files, models);
    const network = await createNetwork(models[0].plan, engine);
    const solutions = models.map((read) => read.solution);
    await announceGeneration(competition, dataDir, progress);
    await preparedDirectory(competition, dataDir);
    signal.throwIfAborted();

    const outDir = options.outDir ?? submissionsOf(competition.id);
    const folder = await reserveFolder(outDir, { wanted: name, startedAt: new Date(), methods: ['imported'] });
    const file = join(outDir, folder.name, SUBMISSION);
    const task = { competition, dataDir, network, solutions, solutionFile: solution, file };
    let result;
    try {
      result = await predictSubmission(task);
    } finally {
      await folder.release();
    }
    const { images, test } = result;
    const accuracy =
      test && `${percent(test.accuracy)} ± ${percent(test.standardError)} of ${integer(test.n)} are right`;
    return {
      json: {
        competition: competition.id,
        model: models[0].plan.model,
        engine: network.engine,
        models: files,
        ...result,
      },
      text: [
        `${counted(images, 'image')} predicted with ${counted(files.length, 'model')}` +
          `${accuracy === null ? '; no answers are known' : `: ${accuracy}`}.`,
        `Written: ${displayPath(file)}`,
      ].join('\n'),
    };
  },
});

/** @throws UserError if some files normalise pixels in another way than the first: one network predicts with all of them */
function expectAlike([first, ...others]: readonly string[], models: readonly { readonly plan: Plan }[]): void {
  const wayOf = ({ plan }: { readonly plan: Plan }): string => {
    const normalization = normalizationOf(plan);
    return normalization
      ? `mean ${normalization.mean.join(' ')}, deviation ${normalization.deviation.join(' ')}`
      : 'none';
  };
  for (const [i, file] of others.entries()) {
    const [expected, found] = [wayOf(models[0]), wayOf(models[i + 1])];
    if (found === expected) continue;
    throw new UserError(
      `${displayPath(file)}: expected the normalisation of pixels of ${displayPath(first)} (${expected}), got ${found}. ` +
        'Import the files one by one.',
    );
  }
}
