/** `npm run study -- export`: takes a study elsewhere. */
import { counted } from '../../base/format.ts';
import { beginNewFile } from '../../base/new-file.ts';
import { displayPath } from '../../base/paths.ts';
import { printable } from '../../base/printable.ts';
import { type ExportFormat, exporters } from '../../search/index.ts';
import { defineCommand } from '../command.ts';
import { option, optional } from '../option.ts';
import { oneOf, someText } from '../option-parsers.ts';
import { shared } from '../options.ts';
import { meantStudy, studyArgument } from '../studies.ts';

export const exportStudy = defineCommand({
  name: 'export',
  summary: 'write a study as CSV, as JSON, or as a journal with which Optuna can continue',
  options: {
    format: option({
      flags: '--format <name>',
      description: `format of the file: ${Object.keys(exporters).join(', ')}; csv puts ' before texts that a spreadsheet would take for formulas`,
      parse: oneOf('format', Object.keys(exporters) as ExportFormat[]),
      fallback: 'csv',
    }),
    out: optional({
      flags: '--out <file>',
      description: 'file to write',
      parse: someText,
      shownFallback: 'print the study',
    }),
    ...shared('force', 'storage'),
  },
  files: studyArgument,
  spare: 'out',
  examples: [
    ['swa --out swa.csv', 'a table for pandas or a spreadsheet'],
    ['swa --format optuna-journal --out swa.log', 'for JournalStorage(JournalFileStorage("swa.log")) in Python'],
  ],
  stopped: 'Nothing was written; start again with',
  async run({ format, out: file, force, storage: location }, session, [part = '']) {
    const study = await meantStudy(location, part, session);
    const content = exporters[format](study);
    const about = { study: study.definition.name, format, trials: study.trials.length };
    if (file === undefined) return { json: { ...about, content }, text: content.trimEnd() };
    const begun = await beginNewFile(file, { force });
    try {
      await begun.write(content);
      await begun.keep();
    } finally {
      await begun.drop();
    }
    const text = `Written: ${displayPath(file)}, ${counted(study.trials.length, 'trial')} of ${printable(about.study)}.`;
    return { json: { ...about, file }, text };
  },
});
