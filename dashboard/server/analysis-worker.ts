/** Tasks of the pool's threads. Each answers with bytes. */
import type { MessagePort } from 'node:worker_threads';
import {
  computeGain,
  contour,
  type GainTask,
  surrogateSlices,
  type SurrogateTask,
  importanceWithRanges,
  readStudy,
  replayInWords,
  replayStudy,
  type ImportanceMethodName,
} from '../../search/index.ts';
import type { Progress } from '../api.ts';
import { type Answer, answerOf } from './answer.ts';
import type { DataPlace } from './data.ts';
import { type PackedStudy, unpackTrials } from './packed-study.ts';

/** Input of every task: the port for its progress. */
export interface Told {
  readonly port: MessagePort;
}

const teller =
  (port: MessagePort) =>
  (progress: Progress): void =>
    port.postMessage(progress);

export interface StudyTask {
  /** JSON of the packed trials. */
  readonly study: Uint8Array<ArrayBuffer>;
}

const parse = ({ study }: StudyTask): PackedStudy => JSON.parse(new TextDecoder().decode(study));

export const importance = ({ method, port, ...task }: StudyTask & Told & { method: ImportanceMethodName }) =>
  answerOf(() => {
    const packed = parse(task);
    const tell = teller(port);
    const onSample = (done: number, total: number): void => tell({ step: 'Computing the importance', done, total });
    return { ...importanceWithRanges(method, unpackTrials(packed), onSample), of: packed.of };
  });

export const contourOf = ({ x, y, ...task }: StudyTask & { x: string; y: string }): Promise<Answer> =>
  answerOf(() => {
    const packed = parse(task);
    return { ...contour(unpackTrials(packed), x, y), of: packed.of };
  });

/** @param task.study JSON of a `GainTask`, or null */
export const gain = ({ study }: StudyTask): Promise<Answer> =>
  answerOf(() => {
    const task: GainTask | null = JSON.parse(new TextDecoder().decode(study));
    return { gain: task && computeGain(task) };
  });

/** @param task.study JSON of a `SurrogateTask`, or null */
export const surrogate = ({ study }: StudyTask): Promise<Answer> =>
  answerOf(() => {
    const task: SurrogateTask | null = JSON.parse(new TextDecoder().decode(study));
    return { slices: task === null ? [] : surrogateSlices(task) };
  });

/** Reads the study itself: all of its trials count, and a long study is much to send. */
export const replay = ({ storage, name, port }: { storage: string; name: string } & Told): Promise<Answer> =>
  answerOf(async () => {
    const study = await readStudy(storage, name);
    const { shapeOf } = await import('../../tuning/index.ts');
    const tell = teller(port);
    let told = 0;
    const onTrial = (done: number, total: number): void => {
      const percent = Math.floor((100 * done) / total);
      if (percent > told && done < total) tell({ step: 'Replaying', done, total });
      told = percent;
    };
    return replayInWords(name, replayStudy(study, { shape: shapeOf(study.definition), onTrial }));
  });

export const diagnosis = ({ folder, dataDir }: { folder: string; dataDir?: string }): Promise<Answer> =>
  answerOf(async () => (await import('./diagnosis.ts')).diagnose(folder, dataDir));

export const errors = ({ folder, dataDir, port }: { folder: string; dataDir?: string } & Told): Promise<Answer> =>
  answerOf(async () => (await import('./errors.ts')).errorsOf(folder, dataDir, teller(port)));

export const dataSets = ({ runsDir, dataDir }: { runsDir: string; dataDir?: string }): Promise<Answer> =>
  answerOf(async () => (await import('./data.ts')).dataSets(runsDir, dataDir));

export const dataVersion = (place: DataPlace): Promise<Answer> =>
  answerOf(async () => (await import('./data.ts')).dataVersion(place));

export const dataLook = ({ port, ...place }: DataPlace & Told): Promise<Answer> =>
  answerOf(async () => (await import('./data.ts')).dataLook(place, teller(port)));

export const labelErrors = ({ folder, dataDir }: { folder: string; dataDir?: string }): Promise<Answer> =>
  answerOf(async () => (await import('./data.ts')).labelErrors(folder, dataDir));

export const networks = ({ folder, dataDir }: { folder: string; dataDir?: string }): Promise<Answer> =>
  answerOf(async () => (await import('./networks.ts')).networksOf(folder, dataDir));

export const agreement = (task: {
  runsDir: string;
  competition: string;
  digests: readonly [string, string];
  dataDir?: string;
}): Promise<Answer> =>
  answerOf(async () =>
    (await import('./diagnosis.ts')).agreementOf(task.runsDir, task.competition, task.digests, task.dataDir),
  );
