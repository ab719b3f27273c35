/** The command line as a process: its streams, its signals and its exit code. `run-program.ts` does the rest. */
import { commands } from './commands/index.ts';
import { listenForInterruption } from './interruption.ts';
import { runProgram } from './run-program.ts';

// Whoever reads the result may stop early (`| head`); that is no failure. The result comes last, when all is done.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
// Nobody looks at the progress any more: the work goes on.
process.stderr.on('error', () => {});

process.exitCode = await runProgram(commands, process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  listen: listenForInterruption,
});
