/** `wide-optima kernels`: compiles the kernels in C, which make training 1.2 to 2.4 times as fast. */
import { integer } from '../../base/format.ts';
import { printable } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { buildNative, fastestKernels } from '../../models/index.ts';
import { defineCommand } from '../command.ts';
import { table } from '../table.ts';

export const kernels = defineCommand({
  name: 'kernels',
  summary: 'compile the kernels in C for this machine, and say which ones training uses',
  options: {},
  examples: [['', 'with the compiler that is there: $CC, cc, gcc or clang']],
  stopped: 'The kernels of before stay; start again with',
  async run(_options, { signal, progress }) {
    const onBegin = (): void =>
      progress.note('Compiling the kernels in C, and comparing each with WebAssembly; this takes about a minute.');
    const { compiler, isKept, verified, problems } = await buildNative({ onBegin, signal });
    const used = await fastestKernels();
    const usedFused = await fastestKernels(true);
    const goesOn = `Training goes on with ${used}, with the same results.`;
    if (compiler === null && !isKept) {
      throw new UserError(
        `${
          problems[0] ??
          'Expected a C compiler (cc, gcc or clang, or the one that the variable CC names), found none. Install one, for ' +
            'example with `apt install gcc` or `xcode-select --install`.'
        } ${goesOn}`,
      );
    }
    if (problems.length === 0 && Object.keys(verified).length === 0) {
      throw new UserError(
        'Expected Linux or macOS on x64 or ARM64, for which the kernels in C are written, found ' +
          `${process.platform} on ${process.arch}. ${goesOn}`,
      );
    }
    const built = Object.entries(verified).map(([name, same]) => ({ name, kernels: same.length }));
    const version = printable(compiler?.version.split('\n')[0] ?? '');
    const json = {
      compiler: compiler && { command: compiler.command, version },
      kept: isKept,
      built,
      used,
      usedWithFastMath: usedFused,
      problems,
    };
    if (problems.length > 0) return { json, text: goesOn, problem: problems.join('\n') };
    const uses = { [used]: 'yes', [usedFused]: 'with --fast-math' };
    const rows = built.map(({ name, kernels: count }) => [name, integer(count), uses[name] ?? '']);
    const text = [
      isKept ? 'They were compiled before.' : `Compiled with ${compiler?.command}: ${version}.`,
      table(['kernels', 'with the bits of WebAssembly', 'used'], rows, 'lrl'),
      `Training uses ${used}, the fastest here in a matrix product.`,
    ];
    return { json, text: text.join('\n') };
  },
});
