/**
 * `npm run bench -- prior`: what another study as a prior gains and costs. The other study searches a function that is
 * like the one that is searched, or is not.
 */
import Table from 'cli-table3';
import { medianError } from '../numerics/bootstrap.ts';
import { median } from '../numerics/statistics.ts';
import type { Params, SearchSpace } from '../search/distributions.ts';
import { openStudy } from '../search/open-study.ts';
import { optimize } from '../search/optimize.ts';
import type { SamplerName } from '../search/samplers/index.ts';
import { fromCoordinate, toCoordinate } from '../search/samplers/unit-cube.ts';
import type { Study } from '../search/study.ts';
import { functions, type BenchmarkFunction } from './functions.ts';

const trialCounts = [10, 20, 50];
/** Trials of the study that becomes the prior. */
const priorTrials = 40;

/** How the function of the prior follows from the one that is searched. */
const relations: Readonly<Record<string, (of: BenchmarkFunction) => BenchmarkFunction['evaluate']>> = {
  shifted: (of) => (params) => of.evaluate(moved(params, of.space, 0.07)),
  scaled: (of) => (params) => Math.log(1e-3 + of.evaluate(params) - of.minimum) - 40,
  'another optimum': (of) => (params) => of.evaluate(mirrored(params, of.space)),
  opposite: (of) => (params) => -of.evaluate(params),
};

/** By a part of the range of each number, back into it at its ends. */
const moved = (params: Params, space: SearchSpace, by: number): Params =>
  mapped(params, space, (x) => (x + by > 1 ? x + by - 1 : x + by));

/** Every range the other way round. */
const mirrored = (params: Params, space: SearchSpace): Params => mapped(params, space, (x) => 1 - x);

function mapped(params: Params, space: SearchSpace, change: (coordinate: number) => number): Params {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const distribution = space[name];
      const last = distribution.kind === 'categorical' ? distribution.choices.length - 1 : 1;
      const coordinate = last * change(toCoordinate(distribution, value) / last);
      return [
        name,
        fromCoordinate(distribution, distribution.kind === 'categorical' ? Math.round(coordinate) : coordinate),
      ];
    }),
  );
}

/** @returns the best value after each of the counts, less the minimum */
async function regrets(of: BenchmarkFunction, sampler: SamplerName, seed: number, prior?: Study): Promise<number[]> {
  const study = await openStudy({ name: 'own', direction: 'minimize', seed, sampler, space: of.space, lag: 1, prior });
  const found: number[] = [];
  await optimize(study, ({ params }) => of.evaluate(params), {
    trials: Math.max(...trialCounts),
    onTrial: () => void found.push(study.bestTrial!.value! - of.minimum),
  });
  return trialCounts.map((count) => found[count - 1]);
}

export async function benchPrior(options: {
  seeds: number;
  samplers: string;
  functions: string;
  json: boolean;
}): Promise<void> {
  const rows: object[] = [];
  const table = new Table({
    head: ['function', 'sampler', 'prior', ...trialCounts.map((count) => `after ${count}`)],
    style: { head: [], border: [] },
  });
  for (const name of options.functions.split(',')) {
    const of: BenchmarkFunction = functions[name as keyof typeof functions];
    for (const sampler of options.samplers.split(',') as SamplerName[]) {
      const seeds = Array.from({ length: options.seeds }, (_, i) => i + 1);
      const without: number[][] = [];
      for (const seed of seeds) without.push(await regrets(of, sampler, seed));
      for (const relation of ['none', ...Object.keys(relations)]) {
        const found: number[][] = [];
        for (const seed of seeds) {
          if (relation === 'none') break;
          const evaluate = relations[relation](of);
          const prior = await openStudy({
            name: 'other',
            direction: 'minimize',
            sampler: 'tpe',
            seed: 1000 + seed,
            space: of.space,
            lag: 1,
          });
          await optimize(prior, ({ params }) => evaluate(params), { trials: priorTrials });
          found.push(await regrets(of, sampler, seed, prior));
        }
        const cells = trialCounts.map((count, k) => {
          const values = (relation === 'none' ? without : found).map((one) => one[k]);
          const better = found.filter((one, i) => one[k] < without[i][k]).length;
          const worse = found.filter((one, i) => one[k] > without[i][k]).length;
          const [middle, error] = [median(values), medianError(values)];
          rows.push({ function: name, sampler, prior: relation, trials: count, regret: middle, error, better, worse });
          return `${middle.toPrecision(3)} ± ${error.toPrecision(1)}${relation === 'none' ? '' : ` (${better}, ${worse})`}`;
        });
        table.push([name, sampler, relation, ...cells]);
        if (!options.json) process.stderr.write(`${name} ${sampler} ${relation}: ${cells.join('  ')}\n`);
      }
    }
  }
  if (options.json) return console.log(JSON.stringify(rows));
  console.log(table.toString());
  console.log(
    `Median over ${options.seeds} seeds of the simple regret ± its standard error; in brackets the seeds with less and with more ` +
      `than without a prior. The prior has ${priorTrials} trials of tpe.`,
  );
}
