/** `npm run study -- optimize`: searches the parameters of any program. */
import { resolve } from 'node:path';
import { counted, duration, parametersInWords, shortNumber, stateNames } from '../../base/format.ts';
import { printable, quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import {
  type Direction,
  durationSeconds,
  failureOf,
  openStorage,
  openStudy,
  optimize,
  processObjective,
} from '../../search/index.ts';
import { defineCommand } from '../command.ts';
import { option, optional } from '../option.ts';
import { oneOf, someText, wholeNumber } from '../option-parsers.ts';
import { shared } from '../options.ts';
import { searchSpace } from '../search-options.ts';
import { UNSAVED_DIRECTORY } from '../searches.ts';
import { priorName } from '../studies.ts';
import * as words from '../study-words.ts';

export const optimizeStudy = defineCommand({
  name: 'optimize',
  summary: 'search good parameters of any program, which runs once for each trial',
  options: {
    space: optional({
      flags: '--space <json>',
      description: 'search space: the distribution of each parameter, as JSON or a file with JSON',
      parse: someText,
      shownFallback: 'none, it is needed',
    }),
    direction: option({
      flags: '--direction <name>',
      description: 'whether small or large values are good: minimize, maximize',
      parse: oneOf('direction', ['minimize', 'maximize'] satisfies Direction[]),
      fallback: 'minimize',
    }),
    workers: option({
      flags: '--workers <n>',
      description: 'programs that run at once',
      parse: wholeNumber(1, 512),
      fallback: 1,
    }),
    ...shared('trials', 'sampler', 'pruner', 'seed', 'storage', 'timeout', 'patienceTrials', 'name', 'prior'),
  },
  defaults: { pruner: 'none' },
  files: {
    syntax: '<program...>',
    description:
      'the program and its arguments, or one text for the shell; {x} stands for the value of the parameter x, and {{x}} for the text {x}',
  },
  examples: [
    ["'python3 objective.py' --space space.json", 'parameters come as a line of JSON, the value goes as a line'],
    ['--space space.json --workers 4 -- ./train --rate {learningRate}', 'four at once, parameters as arguments'],
  ],
  stopped: 'Finished trials are kept; go on with',
  async run(options, { signal, progress }, program) {
    const { space, direction, trials, workers, sampler, pruner, seed, timeout: timeoutMs, patienceTrials } = options;
    if (space === undefined) throw new UserError('Expected --space with the parameters of the program, got none.');
    const name = options.name ?? `optimize/${program.join(' ').replaceAll(/\p{C}/gu, ' ').slice(0, 200)}`;
    const storage = await openStorage(options.storage, {
      signal,
      onNotice: (sentence) => progress.note(sentence),
      unsavedDir: UNSAVED_DIRECTORY,
    });
    try {
      const study = await openStudy({
        storage,
        name,
        direction,
        seed,
        sampler,
        pruner,
        space: searchSpace(space, '--space'),
        task: { program: program.join(' '), folder: resolve('.') },
        wantedTrials: trials,
        prior: options.prior && (await priorName(storage, options.prior)),
        onChange: (sentence) => progress.note(sentence),
      });
      const isNew = study.trials.length === 0;
      try {
        const bar = progress.bar('trials', trials, 'trials', 0);
        bar.begin(Math.min(study.finishedCount, trials));
        const command = program.length === 1 ? program[0] : program;
        const onLog = (number: number, line: string): void => progress.row(`  ${number}: ${printable(line)}`);
        const { stopped, earlyStop } = await optimize(study, processObjective(command, { onLog }), {
          trials,
          workers,
          timeoutMs,
          patienceTrials,
          signal,
          onTrial(trial) {
            const { number, value, state, params } = trial;
            const result = value === null ? stateNames[state] : shortNumber(value);
            const mark = number === study.bestTrial?.number ? 'best' : '';
            const facts = [duration(durationSeconds(trial)), parametersInWords(params), failureOf(trial)];
            progress.row(
              `  ${String(number).padStart(4)}  ${result.padStart(9)} ${mark.padEnd(4)}  ${facts.filter(Boolean).join('  ')}`,
            );
            bar.update(Math.min(study.finishedCount, trials));
          },
        });
        signal.throwIfAborted();
        progress.clear();
        const { bestTrial } = study;
        const best = bestTrial && { number: bestTrial.number, value: bestTrial.value, params: bestTrial.params };
        const lines = [
          `Study ${quoted(name)}: ${words.stateCounts(study.trials)}.`,
          bestTrial ? `Best: ${words.bestInWords(bestTrial, 'unknown')}` : words.failureLines(study.trials.slice(-1)),
          earlyStop ? words.stopInWords(earlyStop) : '',
          stopped === 'timeout' ? 'Stopped by --timeout; the same command goes on.' : '',
        ];
        const isVain = bestTrial === null && study.finishedCount > 0;
        return {
          json: {
            study: name,
            trials: words.countStates(study.trials),
            best,
            stopped,
            ...(earlyStop && { earlyStop }),
          },
          text: lines.filter(Boolean).join('\n'),
          problem: isVain
            ? `None of ${counted(study.finishedCount, 'trial')} has a value: correct the program, and use another --name.`
            : undefined,
        };
      } catch (error) {
        // A program that cannot be started would leave a study that has never run.
        if (isNew && study.finishedCount === 0 && error instanceof UserError) await storage.deleteStudy(name);
        throw error;
      } finally {
        await study.close();
      }
    } finally {
      await storage.close();
    }
  },
});
