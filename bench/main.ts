/** `npm run bench -- NAME`: measurements; no part of the tests. */
import { Command } from 'commander';
import { benchEngine } from './engine.ts';

const program = new Command('bench').description('Measure, each time beside a peer in the same run.');
program
  .command('engine')
  .description('training speed of the simd engine beside PyTorch')
  .option('--epochs <n>', 'counted epochs of each measurement', Number, 5)
  .option('--json', 'print JSON', false)
  .action(benchEngine);
await program.parseAsync();
