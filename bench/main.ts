/** `npm run bench -- NAME`: runs a benchmark. Benchmarks are not a part of the tests. */
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { UserError } from '../base/user-error.ts';
import { samplers } from '../search/samplers/index.ts';
import { benchEngine } from './engine.ts';
import { frontFunctions } from './front-functions.ts';
import { benchFronts } from './fronts.ts';
import { functions } from './functions.ts';
import { benchMemory } from './memory.ts';
import { benchParallel } from './parallel.ts';
import { printPlan } from './plan.ts';
import { benchPrior } from './prior.ts';
import { benchPruning } from './pruning.ts';
import { recordCurves } from './record-curves.ts';
import { benchSearch } from './search.ts';

const program = new Command('bench').description('Measure, each time beside a peer in the same run.');
program
  .command('engine')
  .description('training speed of the simd engine beside PyTorch')
  .option('--epochs <n>', 'counted epochs of each measurement', Number, 5)
  .option('--json', 'print JSON', false)
  .action(benchEngine);
program
  .command('search')
  .description('quality and speed of the samplers beside Optuna')
  .option('--seeds <n>', 'studies of each function and sampler', Number, 30)
  .option('--samplers <names>', 'some of them, separated by commas', Object.keys(samplers).join(','))
  .option('--functions <names>', 'some of them, separated by commas', Object.keys(functions).join(','))
  .option('--workers <n>', 'studies that run side by side', Number, availableParallelism())
  .option('--no-speed', 'leave out the CPU time of ask and tell')
  .option('--json', 'print JSON', false)
  .addHelpText('after', '\nExample: npm run -s bench -- search --seeds 5 --samplers random,tpe')
  .action(benchSearch);
program
  .command('parallel')
  .description('time and quality of searches with many workers, with a lag and without')
  .option('--seeds <n>', 'studies of each kind', Number, 30)
  .option('--samplers <names>', 'some of them, separated by commas', 'auto,tpe')
  .option('--workers <numbers>', 'how many run at once', '1,8,32,64,256')
  .option('--json', 'print JSON', false)
  .action(benchParallel);
program
  .command('prior')
  .description('what another study as a prior gains and costs')
  .option('--seeds <n>', 'studies of each kind', Number, 20)
  .option('--samplers <names>', 'some of them, separated by commas', 'gp,tpe')
  .option('--functions <names>', 'some of them, separated by commas', 'branin,hartmann6,mixed4')
  .option('--json', 'print JSON', false)
  .action(benchPrior);
program
  .command('fronts')
  .description('several objectives and constraints: what samplers miss, beside Optuna')
  .option('--seeds <n>', 'studies of each function and sampler', Number, 10)
  .option('--samplers <names>', 'some of them, separated by commas', 'random,nsga-ii,tpe,tpe-joint,gp,auto')
  .option('--functions <names>', 'some of them, separated by commas', Object.keys(frontFunctions).join(','))
  .option('--json', 'print JSON', false)
  .action(benchFronts);
program
  .command('plan <model>')
  .description('what the simd engine makes of a registered model')
  .option('--input <HxWxC>', 'shape of an image', '28x28x1')
  .option('--classes <n>', 'number of classes', Number, 10)
  .addHelpText('after', '\nExample: npm run -s bench -- plan resnet-small --input 32x32x3')
  .action(printPlan);
program
  .command('curves')
  .description('record the learning curves that pruning is measured on, about 11 minutes of one core for each study')
  .option('--studies <n>', 'studies of each method', Number, 2)
  .option('--data-dir <folder>', 'with the files of digit-recognizer')
  .action(recordCurves);
program
  .command('pruning')
  .description('what pruners save and lose in simulated studies on recorded learning curves')
  .option('--studies <n>', 'simulated studies of each method', Number, 30)
  .option('--trials <n>', 'trials of each study', Number, 60)
  .option('--json', 'print JSON', false)
  .action(benchPruning);
try {
  program
    .command('memory')
    .description('memory of a training over 1,000 epochs')
    .argument('[model]', 'a registered model', 'digit-cnn')
    .action(benchMemory);
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
