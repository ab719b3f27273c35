/** `npm run runs`: what trainings have left: shown, renamed, tagged, and cleared away. */
import { basename, join } from 'node:path';
import { printable } from '../../base/printable.ts';
import { checkedName } from '../../base/checked-name.ts';
import { commandLine } from '../../base/command-line.ts';
import { UserError } from '../../base/user-error.ts';
import {
  averagesSentences,
  deleteRuns,
  nameOfRun,
  readRecord,
  renameRun,
  type RunRecord,
  sizeOfRun,
} from '../../records/index.ts';
import { expectFreeRunNames, legendOf, settingsOfRun } from '../../submissions/index.ts';
import { type CommandGroup, defineCommand, type Session } from '../command.ts';
import { classesOf, classReportText } from '../class-report.ts';
import { canAsk, confirm } from '../confirm.ts';
import { counted, countedScore, duration, inMegabytes, localTime } from '../../base/format.ts';
import { LARGEST_COUNT, optional, toggle } from '../option.ts';
import { age, wholeNumber } from '../option-parsers.ts';
import { anyCompetition, shared } from '../options.ts';
import { type KeptRun, readRuns, selectRuns } from '../kept-runs.ts';
import { errors } from '../run-errors.ts';
import { findRun, shownName } from '../runs.ts';
import { heading, leftOut } from '../format.ts';
import { RUNS_DIRECTORY } from '../submissions.ts';
import { table } from '../table.ts';
import { changeTags, tagsOf, tagsToShow } from '../tags.ts';

const nothingChanged = 'Nothing was changed; start again with';
const one = { syntax: '<run>', description: 'name of a run or a part of it, a method (its newest run), or a folder' };

const json = ({ id, name, row, rank, bytes, tags, needed }: KeptRun): object => {
  const { competition, date, run } = row;
  const { method, outOfFold, test } = run!;
  return { id, name, competition, method, began: date, rank, outOfFold, test, bytes, tags, needed };
};

const list = defineCommand({
  name: 'list',
  summary: 'all runs with their scores, tags and sizes, the newest first',
  options: { competition: anyCompetition, ...shared('top') },
  examples: [
    ['', 'all runs, and how much space they take'],
    ['--competition digit-recognizer --top 10', 'the ten newest runs of one competition'],
  ],
  stopped: nothingChanged,
  async run({ competition, top }, { progress }) {
    const { runs, unreadable } = await readRuns(progress);
    const shown = runs
      .filter(({ row }) => competition === undefined || row.competition === competition.id)
      .slice(0, top);
    const total = shown.reduce((sum, { bytes }) => sum + bytes, 0);
    const rows = shown.map(({ name, row, rank, bytes, tags }) => [
      printable(name),
      printable(row.competition),
      String(rank),
      countedScore(row.run!.test ?? row.run!.outOfFold),
      inMegabytes(bytes),
      localTime(row.date),
      printable(tags.join(', ')),
    ]);
    const head = ['run', 'competition', 'rank', 'test or out-of-fold', 'size', 'began', 'tags'];
    return {
      json: { runs: shown.map((run) => json(run)), bytes: total, unreadable },
      text:
        rows.length === 0
          ? unreadable.length > 0
            ? 'No run can be read.'
            : `No runs yet: ${commandLine('submit')} makes some.`
          : `${table(head, rows, 'llrrrll', { optional: ['began', 'competition'] })}\n\n` +
            'Accuracies in percent and other metrics as they are, ± the standard error (images).\n' +
            `${counted(shown.length, 'run')}, ${inMegabytes(total)} in all.`,
      problem: leftOut(unreadable),
    };
  },
});

const show = defineCommand({
  name: 'show',
  summary: 'one run: its settings, scores, folds, classes, tags and size',
  options: shared('dataDir', 'solution'),
  files: one,
  examples: [
    ['swa', 'the newest run of swa'],
    ['swa --json', 'all classes, and all pairs that were confused, as JSON'],
  ],
  stopped: nothingChanged,
  async run({ dataDir, solution }, { progress }, [name]) {
    const folder = await findRun(name);
    const record = await readRecord(folder);
    const classes = await classesOf(folder, { dataDir, solutionFile: solution }, progress);
    const bytes = await sizeOfRun(folder);
    const tags = (await tagsToShow('run', progress)).get(record.id) ?? [];
    const { configuration, scores, seconds, startedAt, folds, submission } = record;
    const { competition, method, engine, paramsFrom } = configuration;
    const kernels = record.environment.kernels === undefined ? '' : ` (${printable(record.environment.kernels)})`;
    const settings = Object.entries(settingsOfRun(record)).map(([key, value]) => `${key} ${value}`);
    const rows = folds.map((fold, i) => [
      String(i + 1),
      countedScore(fold.train),
      countedScore(fold.validation),
      String(fold.epochs.length),
      endInWords(fold),
    ]);
    return {
      json: { name: nameOfRun(record), ...record, bytes, tags, classes },
      text: [
        heading(printable(nameOfRun(record))),
        `${method} on ${competition}, engine ${engine}${kernels}, parameters: ${printable(paramsFrom)}`,
        settings.join(', '),
        `Train ${countedScore(scores.train)}, out-of-fold ${countedScore(scores.outOfFold)}, test ${countedScore(scores.test)}. ` +
          `${legendOf(scores.outOfFold, folds)}.`,
        ...averagesSentences(method, scores.averages),
        `Began ${localTime(startedAt)}, took ${duration(seconds)}; ${inMegabytes(bytes)} in ${join(RUNS_DIRECTORY, basename(folder))}`,
        `Submission: ${printable(submission.file)}`,
        ...(tags.length === 0 ? [] : [`Tags: ${printable(tags.join(', '))}`]),
        '',
        table(['fold', 'train', 'validation', 'epochs', 'end'], rows, 'rrrrl'),
        '',
        'outOfFold' in classes ? classReportText(classes) : `Classes: not shown. ${classes.problem}`,
      ].join('\n'),
    };
  },
});

function endInWords({ ended, restoredEpoch }: RunRecord['folds'][number]): string {
  const kept = typeof restoredEpoch === 'number' ? `, weights of epoch ${restoredEpoch + 1}` : '';
  return `${ended === undefined ? '' : ended === 'plateau' ? 'plateau' : 'all epochs'}${kept}`;
}

const renameCommand = defineCommand({
  name: 'rename',
  summary: 'give a run another name, which no other run has',
  options: {
    name: optional({
      flags: '--name <name>',
      description: 'the new name of the run',
      parse: checkedName,
      shownFallback: 'none; a name is needed',
    }),
  },
  files: one,
  spare: 'name',
  examples: [['swa --name best-swa', 'the newest run of swa']],
  stopped: nothingChanged,
  async run({ name }, _session, [run]) {
    if (name === undefined) throw new UserError('Expected the new name after --name, got none.');
    const folder = await findRun(run);
    const { id, ...record } = await readRecord(folder);
    const earlier = nameOfRun({ id, ...record });
    if (name !== earlier) {
      await expectFreeRunNames(RUNS_DIRECTORY, [name]);
      await renameRun(folder, name);
    }
    return { json: { id, name, earlier }, text: `${printable(earlier)} is called ${name} now.` };
  },
});

const tag = defineCommand({
  name: 'tag',
  summary: 'add tags to runs, or remove tags',
  options: { ...shared('tag'), remove: toggle('--remove', 'remove these tags') },
  files: { syntax: '<runs...>', description: one.description },
  examples: [
    ['swa plain --tag final', 'the newest run of each method'],
    ['swa --tag final --remove', 'remove the tag'],
  ],
  stopped: nothingChanged,
  async run({ tag: tags, remove }, _session, names) {
    if (tags.length === 0) throw new UserError('Expected tags after --tag, got none.');
    const folders: string[] = [];
    for (const name of names) folders.push(await findRun(name));
    const ids = folders.map((folder) => basename(folder));
    await changeTags('run', ids, (known) =>
      remove ? known.filter((word) => !tags.includes(word)) : [...new Set([...known, ...tags])],
    );
    const now = await tagsOf('run');
    const tagged = ids.map((id) => ({ id, tags: now.get(id) ?? [] }));
    const shown = await Promise.all(folders.map(shownName));
    return {
      json: { runs: tagged },
      text: tagged.map(({ tags: all }, i) => `${shown[i]}: ${printable(all.join(', ')) || 'no tags'}`).join('\n'),
    };
  },
});

const remove = defineCommand({
  name: 'delete',
  summary: 'delete runs by name, age or rank, but not those that are needed',
  options: {
    older: optional({
      flags: '--older <age>',
      description: 'runs that began longer ago than 12h, 30d or 8w, for example',
      parse: age,
      shownFallback: 'of any age',
    }),
    beyond: optional({
      flags: '--beyond <rank>',
      description: 'runs below this rank on the leaderboard of their competition',
      parse: wholeNumber(1, LARGEST_COUNT),
      shownFallback: 'of any rank',
    }),
    competition: anyCompetition,
    evenNeeded: toggle(
      '--even-needed',
      'also delete the best run of each competition, and the runs that studies and averages need',
    ),
    dryRun: toggle('--dry-run', 'show what would be deleted, and delete nothing'),
    ...shared('yes'),
  },
  files: {
    syntax: '[runs...]',
    description: `${one.description} (default: all runs that --older and --beyond select)`,
  },
  examples: [
    ['--older 30d --beyond 10', 'runs older than 30 days that are not among the ten best of their competition'],
    ['--beyond 20 --dry-run', 'show what would be deleted, and how much space it takes'],
    ['swa-1f00c2a9', 'one run'],
  ],
  stopped: 'Deleted runs cannot be brought back; go on with',
  async run(options, session, names) {
    const { older, beyond, evenNeeded, dryRun, yes } = options;
    if (names.length === 0 && older === undefined && beyond === undefined) {
      throw new UserError('Expected the names of runs, --older or --beyond, got none of these.');
    }
    const { runs, unreadable } = await readRuns(session.progress);
    const meant = await selectRuns(runs, options, names);
    const kept = evenNeeded ? [] : meant.filter(({ needed }) => needed !== null);
    const going = meant.filter((run) => !kept.includes(run));
    const bytes = going.reduce((sum, run) => sum + run.bytes, 0);
    const what = `${counted(going.length, 'run')}, ${inMegabytes(bytes)}`;
    const lines = going.map(
      ({ name, row }) => `  ${printable(name)}  ${printable(row.competition)}  ${localTime(row.date)}`,
    );
    const isWanted = going.length > 0 && !dryRun && (await isConfirmed(`Delete ${what}?`, lines, yes, session));
    if (isWanted) {
      await deleteRuns(
        RUNS_DIRECTORY,
        going.map(({ id }) => id),
        session.signal,
      );
    }
    const none =
      names.length > 0
        ? ' None of these runs is old enough and ranked low enough.'
        : ' No run is old enough and ranked low enough.';
    const reasons = kept.map(({ name, needed }) => `Kept: ${printable(name)}, ${printable(needed!)}.`);
    const done = isWanted
      ? `Deleted: ${what}.`
      : dryRun
        ? `Would delete: ${what}.`
        : `Nothing was deleted.${meant.length === 0 ? none : ''}`;
    return {
      json: {
        deleted: isWanted ? going.map((run) => json(run)) : [],
        ...(dryRun && { wouldDelete: going.map((run) => json(run)) }),
        kept: kept.map((run) => json(run)),
        bytes: isWanted ? bytes : 0,
      },
      text: [
        ...(isWanted || dryRun ? lines : []),
        done,
        ...reasons,
        ...(kept.length > 0 ? ['--even-needed deletes these too.'] : []),
        ...(isWanted ? ['The files of their submissions stay.'] : []),
      ].join('\n'),
      problem: leftOut(unreadable),
    };
  },
});

/** @throws UserError where nobody can be asked */
async function isConfirmed(
  question: string,
  lines: readonly string[],
  yes: boolean,
  { signal, progress }: Session,
): Promise<boolean> {
  if (yes) return true;
  if (!canAsk()) throw new UserError(`${question} Use --yes to delete without being asked, or --dry-run to look.`);
  for (const line of lines) progress.note(line);
  return confirm(question, signal);
}

export const runs: CommandGroup = {
  name: 'runs',
  summary: 'list, show, rename, tag and delete runs, and look at their errors',
  commands: [list, show, errors, renameCommand, tag, remove],
};
