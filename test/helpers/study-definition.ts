import type { StudyDefinition } from '../../search/storage/storage.ts';

/** A study without a space or a task, for tests of stores. */
export const studyDefinition = {
  name: 'a',
  direction: 'minimize',
  seed: 0,
  space: null,
  sampler: 'random',
  pruner: 'none',
  lag: 'none',
  task: null,
} as const satisfies StudyDefinition;
