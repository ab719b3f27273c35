/** `npm run export`: writes the models of a run in a form that other programs read. */
import { join } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { findCompetition } from '../../data/index.ts';
import { UserError } from '../../base/user-error.ts';
import { findFormat, formatNames, writeModel } from '../../models/index.ts';
import { readRun } from '../../records/index.ts';
import { planOf } from '../../submissions/index.ts';
import { defineCommand } from '../command.ts';
import { counted } from '../../base/format.ts';
import { findRunFolder } from '../runs.ts';
import { table } from '../table.ts';
import { LARGEST_COUNT, option, optional } from '../option.ts';
import { someText, wholeNumber } from '../option-parsers.ts';
import { shared } from '../options.ts';

export const exportModels = defineCommand({
  name: 'export',
  summary: 'write the models of a run for tf.js or as safetensors',
  options: {
    ...shared('run'),
    format: option({
      flags: '--format <name>',
      description: `format of the exported models: ${formatNames.join(', ')}`,
      parse: findFormat,
      fallback: 'tfjs',
    }),
    fold: optional({
      flags: '--fold <n>',
      description: 'export only this fold of the run, counted from 1',
      parse: wholeNumber(1, LARGEST_COUNT),
      shownFallback: 'all',
    }),
    out: optional({
      flags: '--out <folder>',
      description: 'folder for the exported models',
      parse: someText,
      shownFallback: 'runs/<id>/<format>',
    }),
  },
  examples: [
    ['', 'the newest run, all folds, for tf.loadLayersModel'],
    ['--run swa --fold 1', 'one fold of the newest run of swa'],
    ['--format safetensors --out models/swa', 'for PyTorch, JAX, numpy and others, in another folder'],
  ],
  stopped: 'Models that were written are kept; start again with',
  async run({ run, format, fold, out }, { signal, progress }) {
    const folder = await findRunFolder(run, progress);
    const { record, solutions: folds } = await readRun(folder);
    const { competition, method, model } = record.configuration;
    const { classes } = findCompetition(competition);
    const plan = await planOf(record);
    if (fold !== undefined && fold > folds.length) {
      throw new UserError(`Expected --fold to be from 1 to ${folds.length}, the folds of ${record.id}, got "${fold}".`);
    }

    const target = out ?? join(folder, format);
    const about = { run: record.id, competition, method, labels: JSON.stringify(classes) };
    const models: { fold: number; solution: number; path: string }[] = [];
    for (const [f, solutions] of folds.entries()) {
      if (fold !== undefined && fold !== f + 1) continue;
      for (const [s, solution] of solutions.entries()) {
        signal.throwIfAborted();
        const name = solutions.length > 1 ? `fold-${f + 1}-solution-${s + 1}` : `fold-${f + 1}`;
        const metadata = { ...about, fold: String(f + 1), solution: String(s + 1) };
        const path = await writeModel({ plan, solution, metadata }, format, target, name);
        models.push({ fold: f + 1, solution: s + 1, path });
      }
    }
    const rows = models.map((written) => [String(written.fold), String(written.solution), displayPath(written.path)]);
    return {
      json: { run: record.id, format, competition, model, method, folder: target, models },
      text: [
        table(['fold', 'solution', 'written'], rows, 'rrl'),
        `${counted(models.length, 'model')} of ${record.id}. Each reads pixels from 0 to 1 (bytes divided by 255).`,
      ].join('\n\n'),
    };
  },
});
