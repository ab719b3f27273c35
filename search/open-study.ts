/** Opens a study to run it. */
import type { SearchSpace } from './distributions.ts';
import { openStorage } from './storage/index.ts';
import { openStudyIn, type StudyOptions } from './open-study-in.ts';
import type { Study } from './study.ts';

export type { StudyOptions } from './open-study-in.ts';

/**
 * Opens a study to run it: goes on with the one of that name, or makes it. Sampler, pruner, lag, ranges and choices may
 * change then: trials that began before keep theirs, and those outside of the new ranges stay in the study, but samplers
 * do not learn from them. A process that runs the study goes on with the settings that it knows. Any number of processes may run one study
 * at once; trials of a process that died are run again under their numbers. To be closed at the end.
 *
 *     const study = await openStudy({ name: 'parabola', direction: 'minimize', storage: 'studies.db' });
 *     await optimize(study, (trial) => (trial.suggestFloat('x', -5, 5) - 2) ** 2, { trials: 50 });
 *     console.log(study.bestTrial);
 *     await study.close();
 *
 * @throws RangeError for a senseless search space, seed, lag, number of trials, sampler or pruner; StudyError if the
 * stored study was made with other ones, or if the store cannot be used
 */
export const openStudy = <const Space extends SearchSpace = SearchSpace>(
  options: StudyOptions<Space>,
): Promise<Study<Space>> => openStudyIn(openStorage, options);
