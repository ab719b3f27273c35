/** What takes seconds of a processor, for a thread of the pool: each task gives its answer as bytes. */
import { contour, importanceWithRanges, type ImportanceMethodName } from '../../search/index.ts';
import { type Answer, answerOf } from './answer.ts';
import { type PackedStudy, unpackTrials } from './packed-study.ts';

export interface StudyTask {
  /** JSON of the packed trials that are looked at. */
  readonly study: Uint8Array<ArrayBuffer>;
}

const parse = ({ study }: StudyTask): PackedStudy => JSON.parse(new TextDecoder().decode(study));

export const importance = ({ method, ...task }: StudyTask & { method: ImportanceMethodName }): Promise<Answer> =>
  answerOf(() => {
    const packed = parse(task);
    return { ...importanceWithRanges(method, unpackTrials(packed)), of: packed.of };
  });

export const contourOf = ({ x, y, ...task }: StudyTask & { x: string; y: string }): Promise<Answer> =>
  answerOf(() => {
    const packed = parse(task);
    return { ...contour(unpackTrials(packed), x, y), of: packed.of };
  });

export const diagnosis = ({ folder, dataDir }: { folder: string; dataDir?: string }): Promise<Answer> =>
  answerOf(async () => (await import('./diagnosis.ts')).diagnose(folder, dataDir));

export const networks = ({ folder, dataDir }: { folder: string; dataDir?: string }): Promise<Answer> =>
  answerOf(async () => (await import('./networks.ts')).networksOf(folder, dataDir));

export const agreement = (task: {
  runsDir: string;
  digests: readonly [string, string];
  dataDir?: string;
}): Promise<Answer> =>
  answerOf(async () => (await import('./diagnosis.ts')).agreementOf(task.runsDir, task.digests, task.dataDir));
