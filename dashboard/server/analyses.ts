/** Reads the findings of analyses, and ignores other files in their folder. */
import { basename, dirname, join } from 'node:path';
import { readJson } from '../../base/json.ts';
import { displayPath } from '../../base/paths.ts';
import { UserError } from '../../base/user-error.ts';
import type { AnalysisSummary } from '../api.ts';
import { type Findings, FINDINGS_FILE, findingsSchema } from '../../records/index.ts';
import { type KeptFile, KeptFiles, lookAt, namesIn } from './kept-files.ts';

/** A plane of 200 × 200 points has some 3 MiB for each of its metrics. */
const LARGEST_FILE_BYTES = 32 * 2 ** 20;

/** The analyses. Their charts are large, so that only summaries are held. @param runsDir need not exist */
export const keptAnalyses = (runsDir: string): KeptFiles<AnalysisSummary> =>
  new KeptFiles(
    () => analysesIn(join(runsDir, 'analysis')),
    async (file) => {
      const { id, kind, title, about, writtenAt } = await readAnalysis(file);
      return { id, kind, title, about, writtenAt };
    },
  );

/** The findings of each analysis. One that has a result but no findings is of an early version. */
async function analysesIn(folder: string): Promise<(KeptFile | null)[]> {
  const ids = await namesIn(folder, (entry) => entry.isDirectory());
  const lookFor = (id: string, name: string) => lookAt(id, join(folder, id, name));
  return Promise.all(ids.map(async (id) => (await lookFor(id, FINDINGS_FILE)) ?? lookFor(id, 'result.json')));
}

/** @throws UserError if its file is damaged */
export async function readAnalysis({ id, path, writtenAt }: KeptFile): Promise<AnalysisSummary & Findings> {
  if (basename(path) !== FINDINGS_FILE) {
    throw new UserError(
      `${displayPath(dirname(path))}: expected a file ${FINDINGS_FILE}, found none. ` +
        'Run the analysis again with this version: finished points are kept.',
    );
  }
  const found = await readJson(path, findingsSchema, {
    what: 'the findings of an analysis',
    remedy: 'Analyze once more.',
    maximumBytes: LARGEST_FILE_BYTES,
  });
  return { ...found, id, writtenAt };
}
