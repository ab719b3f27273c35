/** Runs that others build on: they are not deleted unless somebody asks for it. */
import { rankBoards, type LeaderboardRow, type RunSummary } from './leaderboard.ts';

/**
 * Why runs are needed, by their ids: the best of each competition, the best that was trained with the parameters of each
 * study, and those whose weights these have averaged or that they blend.
 */
export function neededRuns(rows: readonly LeaderboardRow[]): Map<string, string> {
  const needed = new Map<string, string>();
  const keep = (id: string, reason: string): void => void (needed.has(id) || needed.set(id, reason));
  for (const { competition, submissions } of rankBoards(rows, 'best')) {
    const runs = submissions.flatMap(({ run }) => run ?? []);
    if (runs.length > 0) keep(runs[0].id, `the best of ${competition}`);
    const studies = new Set<string>();
    for (const run of runs) {
      const { id } = run;
      const study = studyOf(run);
      if (study === undefined || studies.has(study)) continue;
      studies.add(study);
      keep(id, `the best with the parameters of study ${study}`);
    }
    for (const { id, name, paramsFrom } of runs) {
      const source = /^solutions of run (.+)$/.exec(paramsFrom)?.[1];
      if (source !== undefined && needed.has(id)) keep(source, `averaged in ${name}`);
      const members = /^blend \([^)]*\) of runs ([^ ,]+(?:, [^ ,]+)*)/.exec(paramsFrom)?.[1].split(', ') ?? [];
      if (needed.has(id)) for (const member of members) keep(member, `blended in ${name}`);
    }
  }
  return needed;
}

/** Records of earlier versions name the study in a sentence alone. */
const studyOf = ({ study, paramsFrom }: RunSummary): string | undefined =>
  study ?? /^trial \d+ of study (.+?)(?:, with \S+=.*)?$/.exec(paramsFrom)?.[1];
