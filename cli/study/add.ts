/** `npm run study -- add`: a trial that was run elsewhere. */
import { counted } from '../../base/format.ts';
import { parseJsonOrFile } from '../../base/json.ts';
import { visibleJson, quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { addTrial, directionsOf, type Params } from '../../search/index.ts';
import { constraintsOf, expectPossible, publishedTrials, readTask } from '../../tuning/index.ts';
import { defineCommand } from '../command.ts';
import { optional } from '../option.ts';
import { someText } from '../option-parsers.ts';
import { shared } from '../options.ts';
import { findStudy, oneStudyArgument, withStorage } from '../studies.ts';

export const add = defineCommand({
  name: 'add',
  summary: 'add a finished trial that was run elsewhere, with its parameters and its value',
  options: {
    params: optional({
      flags: '--params <json>',
      description: 'a value of each parameter of the study, as JSON or a file with JSON',
      parse: someText,
      shownFallback: 'none: they must be given',
    }),
    value: optional({
      flags: '--value <numbers>',
      description:
        'what the trial came to, in the unit of the study; with several objectives all values, separated by commas',
      parse: numbers,
      shownFallback: 'none: it must be given',
    }),
    ...shared('storage'),
  },
  files: oneStudyArgument,
  examples: [
    [
      'swa --params \'{"learningRate":0.05,"batchSize":32}\' --value 0.9874',
      'later trials learn from it as from the others',
    ],
  ],
  stopped: 'Nothing was changed; start again with',
  async run({ params, value, storage: location }, { signal }, [part]) {
    if (params === undefined || value === undefined) {
      throw new UserError(`Expected ${params === undefined ? '--params' : '--value'} of the trial, got none. Add it.`);
    }
    const trial = oneTrial(params, '--params');
    return withStorage(
      location,
      async (storage) => {
        const { definition } = await findStudy(storage, part);
        const task = readTask(definition);
        expectCount(value, directionsOf(definition).length);
        try {
          if (task !== null) expectPossible(task, trial, value);
          const outcome = value.length === 1 ? value[0] : value;
          const { number } = await addTrial(storage, definition.name, trial, outcome, {
            ...(task?.constraints && { constraints: constraintsOf(task, value) }),
          });
          return {
            json: { study: definition.name, trial: number },
            text: `Added to study ${quoted(definition.name)} as trial ${number}: ${visibleJson(trial)}.`,
          };
        } catch (error) {
          if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
          throw new UserError(error.message, { cause: error });
        }
      },
      { readOnly: false, signal },
    );
  },
});

function expectCount(value: readonly number[], objectives: number): void {
  if (value.length === objectives) return;
  const wanted = objectives === 1 ? 'one number' : `${objectives} numbers separated by commas`;
  throw new UserError(
    `Expected --value with ${wanted}, since the study has ${counted(objectives, 'objective')}, got ${value.length}.`,
  );
}

/** Names and exponents of the published study are converted. */
function oneTrial(text: string, flag: string): Params {
  const { name, json } = parseJsonOrFile(text, flag);
  const { trials } = publishedTrials(json, name);
  if (trials.length === 1) return trials[0];
  throw new UserError(`Expected ${flag} to be the parameters of one trial, got ${trials.length}.`);
}

function numbers(text: string, flag: string): readonly number[] {
  const values = text.split(',').map((one) => (one.trim() === '' ? NaN : Number(one)));
  if (values.every(Number.isFinite)) return values;
  throw new UserError(`Expected ${flag} to be a number, or several separated by commas, got ${quoted(text)}.`);
}
