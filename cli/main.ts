/** The command line as a process: its streams, its signals and its exit code. `run-program.ts` does the rest. */
import { keepCompiled } from '../base/compile-cache.ts';
import { listenForInterruption } from './interruption.ts';

keepCompiled();
const { commands } = await import('./commands/index.ts');
const { hasPassword } = await import('./passwords.ts');
const { runProgram } = await import('./run-program.ts');

// The reader of the result may stop early (`| head`), which is not a failure. The result comes last, when all is done.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
// If the reader of the progress has gone, the work goes on.
process.stderr.on('error', () => {});

// Where the system allows it, other users do not find a password in the list of processes.
if (process.argv.some(hasPassword)) process.title = 'wide-optima';

process.exitCode = await runProgram(commands, process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  listen: listenForInterruption,
});
