/** `npm run experiment`: a claim of the literature, trained over several seeds and judged. */
import { type Experiment, rangeTestFile, type RangeTestTask, experiments } from '../../experiments/index.ts';
import { type RangeTestResult, findMethod, methodFor } from '../../pipeline/index.ts';
import { type Command, type CommandGroup, defineCommand, type Report } from '../command.ts';
import { loadSource, runOneExperiment } from '../experiments.ts';
import { counted, shortNumber } from '../../base/format.ts';
import { table } from '../table.ts';
import { withTraining } from '../training.ts';
import { smallest } from '../../numerics/statistics.ts';
import { LARGEST_COUNT, optional } from '../option.ts';
import { wholeNumber } from '../option-parsers.ts';
import { shared } from '../options.ts';

const seeds = optional({
  flags: '--seeds <n>',
  description: 'number of trainings of each arm, with the seeds 1 … n',
  parse: wholeNumber(1, LARGEST_COUNT),
  shownFallback: 'as many as the experiment says',
});

const stopped = 'Finished trainings are kept; go on with';

const list = defineCommand({
  name: 'list',
  summary: 'all experiments with their questions and their minutes on two cores',
  options: {},
  examples: [['', 'what there is']],
  stopped: 'Nothing was run; start again with',
  async run() {
    const entries = Object.entries(experiments);
    const rows = entries.map(([name, { question, minutes }]) => [name, String(minutes), question]);
    return {
      json: { experiments: entries.map(([name, { question, minutes }]) => ({ name, question, minutes })) },
      text: table(['experiment', 'minutes', 'question'], rows, 'lrl'),
    };
  },
});

const all = defineCommand({
  name: 'all',
  summary: 'run every experiment, one after the other',
  options: { seeds, ...shared('quick', 'workers', 'engine') },
  examples: [['--quick', 'a quick check that all of them work']],
  stopped,
  async run(options, session) {
    // The files of all experiments are checked first: to find one missing after an hour would be too late.
    const sources = Object.values(experiments).map(
      (experiment) => [`${experiment.competition} ${experiment.test}`, experiment] as const,
    );
    for (const experiment of new Map(sources).values()) await loadSource(experiment);
    const reports: Report[] = [];
    for (const [name, experiment] of Object.entries(experiments)) {
      reports.push(await runOneExperiment(name, experiment, { ...options, dataDir: undefined }, session));
    }
    return {
      json: { experiments: reports.map(({ json }) => json) },
      text: reports.map(({ text }) => text).join('\n\n'),
    };
  },
});

const lrFinder = defineCommand({
  name: 'lr-finder',
  summary: 'suggest a learning rate, from one short training with a growing rate',
  options: shared('competition', 'dataDir', 'model', 'method', 'engine', 'seed'),
  defaults: { method: ['plain'] },
  examples: [
    ['', 'for plain training with its default batch size and momentum'],
    ['--model mlp --method plain,swa,sam', 'for several methods'],
  ],
  stopped: 'Start again with',
  async run({ method: ids, seed, ...options }, session) {
    return withTraining(
      { ...options, workers: 1 },
      session,
      async ({ competition, images: loaded, model, plan, pool }) => {
        const { engine } = options;
        const images = await loaded.train();
        const found: [id: string, result: RangeTestResult][] = [];
        for (const id of ids) {
          session.progress.step(`${id}: a training with a growing rate.`);
          const task: RangeTestTask = { plan, engine, images, parameters: methodFor(id, model).defaults, seed };
          const { signal } = session;
          found.push([id, await pool.run(task, { filename: rangeTestFile, name: 'rangeTest', signal })]);
        }
        const rows = found.map(([id, { rates, losses, suggested }]) => [
          findMethod(id).title,
          shortNumber(suggested),
          shortNumber(smallest(losses)),
          shortNumber(rates[rates.length - 1]),
        ]);
        return {
          json: { competition: competition.id, model, seed, methods: Object.fromEntries(found) },
          text: table(['method', 'suggested rate', 'lowest loss', 'tried up to'], rows, 'lrrr'),
        };
      },
    );
  },
});

/** A command of an experiment's name. */
const commandOf = ([name, experiment]: [string, Experiment]): Command =>
  defineCommand({
    name,
    summary: experiment.question,
    options: { seeds, ...shared('quick', 'dataDir', 'workers', 'engine', 'name', 'tag') },
    spare: 'name',
    examples: [
      ['', `about ${counted(experiment.minutes, 'minute')} on two cores`],
      ['--quick', 'with fewer images, epochs and seeds'],
      ['--seeds 10 --json', 'more seeds; finished trainings are not repeated'],
      ['--seeds 10 --name ten-seeds --tag final', 'with a name of its own, so that no later result replaces it'],
    ],
    stopped,
    run: (options, session) => runOneExperiment(name, experiment, options, session),
  });

export const experiment: CommandGroup = {
  name: 'experiment',
  summary: 'test claims from the literature',
  commands: [list, all, lrFinder, ...Object.entries(experiments).map(commandOf)],
};
