/** Reads the results of experiments, and ignores other files in their folders. */
import { join } from 'node:path';
import { experimentFigures, readExperiment } from '../../report/index.ts';
import type { ExperimentAnswer, ExperimentSummary } from '../api.ts';
import { type KeptFile, KeptFiles, lookAt, namesIn } from './kept-files.ts';

/** The results. More seeds replace the file of one. @param runsDir need not exist */
export const keptResults = (runsDir: string): KeptFiles<ExperimentAnswer> =>
  new KeptFiles(() => resultsIn(join(runsDir, 'experiments')), readResult);

export const summaryOf = ({
  claims: _claims,
  arms: _arms,
  says: _says,
  figures: _figures,
  ...summary
}: ExperimentAnswer): ExperimentSummary => summary;

/** The id of a result is the names of its folder and of its file. */
async function resultsIn(folder: string): Promise<(KeptFile | null)[]> {
  const found: Promise<KeptFile | null>[] = [];
  for (const name of await namesIn(folder, (entry) => entry.isDirectory())) {
    const files = await namesIn(join(folder, name), (entry) => entry.isFile() && entry.name.endsWith('.json'));
    for (const file of files) found.push(lookAt(`${name}/${file.slice(0, -'.json'.length)}`, join(folder, name, file)));
  }
  return Promise.all(found);
}

async function readResult({ id, path, writtenAt }: KeptFile): Promise<ExperimentAnswer> {
  const result = await readExperiment(path);
  const { experiment, name, question, quick, claims, results, words, machine, sources } = result;
  return {
    id,
    experiment,
    name: name ?? (quick ? 'quick' : 'full'),
    question,
    verdicts: claims.map(({ verdict }) => verdict),
    trainings: results.length,
    writtenAt,
    claims: words.claims,
    arms: words.arms,
    says: [
      words.setting,
      ...words.divergences,
      words.legend,
      ...(sources.length > 0 ? [`Sources: ${sources.join('; ')}.`] : []),
      `${machine}.`,
    ],
    figures: experimentFigures(result),
  };
}
