/** `npm run experiment`: a claim of the literature, trained over several seeds and judged. */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { findCompetition } from '../../data/competitions/index.ts';
import { loadTest, loadTrain } from '../../data/load.ts';
import type { Experiment } from '../../experiments/experiment.ts';
import { experiments } from '../../experiments/index.ts';
import * as report from '../../experiments/report.ts';
import { type Result, runExperiment } from '../../experiments/run.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { findLearningRate, type RangeTestResult } from '../../pipeline/learning-rate-finder.ts';
import { findMethod } from '../../pipeline/methods/index.ts';
import { writeAtomically } from '../../submissions/files.ts';
import { type Table } from '../../submissions/table.ts';
import { type Command, type CommandGroup, defineCommand, type Report, type Session } from '../command.ts';
import { announceGeneration, chooseCompetition } from '../competition.ts';
import { counted, duration, percent, rounded, table } from '../format.ts';
import type { OptionValues } from '../options.ts';
import { withTraining } from '../training.ts';

type Options = Pick<OptionValues, 'seeds' | 'quick' | 'dataDir' | 'workers' | 'engine'>;

const FOLDER = join('runs', 'experiments');
const stopped = 'Finished trainings are kept; go on with';

const list = defineCommand({
  name: 'list',
  summary: 'all experiments with their questions and the minutes that they take on two cores',
  options: [],
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
  summary: 'every experiment, one after the other',
  options: ['seeds', 'quick', 'workers', 'engine'],
  examples: [['--quick', 'see that all of them work']],
  stopped,
  async run(options, session) {
    const reports: Report[] = [];
    for (const [name, experiment] of Object.entries(experiments)) {
      reports.push(await runOne(name, experiment, { ...options, dataDir: undefined }, session));
    }
    return {
      json: { experiments: reports.map(({ json }) => json) },
      text: reports.map(({ text }) => text).join('\n\n'),
    };
  },
});

const lrFinder = defineCommand({
  name: 'lr-finder',
  summary: 'the learning rate that one short training with a growing rate speaks for',
  options: ['competition', 'dataDir', 'model', 'method', 'engine', 'seed'],
  defaults: { method: ['plain'] },
  examples: [
    ['', 'for plain training with its default batch size and momentum'],
    ['--model mlp --method plain,swa,sam', 'for several methods'],
  ],
  stopped: 'Start again with',
  async run({ method: ids, dataDir, model, engine, seed, ...options }, { progress }) {
    const competition = await chooseCompetition({ ...options, dataDir }, progress);
    await announceGeneration(competition, dataDir, progress);
    const images = await loadTrain(competition, { dataDir });
    const network = await createNetwork(await loadPlan(model, competition.shape, competition.classes.length), engine);
    const found: [id: string, result: RangeTestResult][] = [];
    for (const id of ids) {
      const { defaults: parameters } = findMethod(id);
      found.push([id, await findLearningRate({ network, images, parameters, seed })]);
    }
    const rows = found.map(([id, { rates, losses, suggested }]) => [
      findMethod(id).title,
      rounded(suggested),
      rounded(Math.min(...losses)),
      rounded(rates[rates.length - 1]),
    ]);
    return {
      json: { competition: competition.id, model, seed, methods: Object.fromEntries(found) },
      text: table(['method', 'suggested rate', 'lowest loss', 'tried up to'], rows, 'lrrr'),
    };
  },
});

/** A command of an experiment's name. */
const commandOf = ([name, experiment]: [string, Experiment]): Command =>
  defineCommand({
    name,
    summary: experiment.question,
    options: ['seeds', 'quick', 'dataDir', 'workers', 'engine'],
    examples: [
      ['', `about ${counted(experiment.minutes, 'minute')} on two cores`],
      ['--quick', 'with fewer images, epochs and seeds'],
      ['--seeds 10 --json', 'more seeds; those that are done are not trained again'],
    ],
    stopped,
    run: (options, session) => runOne(name, experiment, options, session),
  });

export const experiment: CommandGroup = {
  name: 'experiment',
  summary: 'put a claim of the literature to the test',
  commands: [list, all, lrFinder, ...Object.entries(experiments).map(commandOf)],
};

async function runOne(
  name: string,
  definition: Experiment,
  { seeds, quick: isQuick, dataDir, workers, engine }: Options,
  session: Session,
): Promise<Report> {
  const competition = findCompetition(definition.competition);
  const scale = isQuick ? definition.quick : definition.full;
  const { model } = definition;
  return withTraining({ competition, dataDir, model, engine, workers }, session, async ({ plan, pool }) => {
    const train = await loadTrain(competition, { dataDir });
    const test = definition.test === 'file' ? labelled(await loadTest(competition, { dataDir })) : null;
    const folder = join(FOLDER, name);
    const task = {
      experiment: definition,
      scale: { ...scale, seeds: seeds ?? scale.seeds },
      source: { train, test },
      plan,
      engine,
      folder: join(folder, 'results'),
    };
    session.progress.step(`${name}: ${definition.question}`);
    const total = task.scale.seeds * Object.keys(definition.arms).length;
    const bar = session.progress.bar('', total, 'trainings', total);
    let done = 0;
    const results = await runExperiment(pool, task, {
      signal: session.signal,
      onResult: (result, wasKept) => bar.update((done += 1), resultText(result, wasKept)),
    });
    const machine = `${cpus()[0]?.model ?? 'Unknown processor'}, Node ${process.versions.node}`;
    const finished: report.Finished = { ...task, name, isQuick, results, machine };
    const json = report.json(finished);
    const file = join(folder, isQuick ? 'quick' : 'report');
    await writeAtomically(`${file}.json`, `${JSON.stringify(json, null, 2)}\n`);
    await writeAtomically(`${file}.md`, report.markdown(finished));
    return { json, text: screen(finished, `${file}.md`) };
  });
}

function labelled({ images, labels }: Awaited<ReturnType<typeof loadTest>>) {
  if (!labels) throw new TypeError('Expected a competition whose test file is labelled.');
  return { ...images, labels };
}

function resultText({ arm, seed, outcome }: Result, wasKept: boolean): string {
  const scored = outcome.status === 'done' ? percent(outcome.metrics.accuracy) : 'diverged';
  return `${arm}, seed ${seed}: ${scored}${wasKept ? ', from an earlier run' : `, ${duration(outcome.seconds)}`}`;
}

function screen(finished: report.Finished, file: string): string {
  const arms = report.armTable(finished);
  const claims = report.claimTable(finished);
  const show = ({ header, rows }: Table, align: string): string =>
    table(header, rows, align.padEnd(header.length, 'r'));
  return [
    finished.experiment.question,
    report.settingText(finished),
    '',
    show(arms, 'l'),
    ...report.divergences(finished),
    '',
    show(claims, 'll'),
    '',
    report.legend,
    `Written: ${file}`,
  ].join('\n');
}
