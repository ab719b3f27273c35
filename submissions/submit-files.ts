/** The files of a submit: its own folder, what is in it, and the checks that they can be written before hours are spent. */
import { basename, join } from 'node:path';
import { checkedName } from '../base/checked-name.ts';
import { writeOrElsewhere } from '../base/other-place.ts';
import { expectOwn, type OwnFile, prepareFolder, writeTogether } from '../base/output-files.ts';
import { displayPath } from '../base/paths.ts';
import { codeOf } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';
import type { Competition } from '../data/index.ts';
import {
  COMPARISON_JSON,
  COMPARISON_MARKDOWN,
  resultJson,
  resultJsonBeginning,
  type SubmitResult,
} from '../records/index.ts';
import { probabilityHeader } from './probability-table.ts';
import { expectFreeRunNames, withRunNames } from './run-names.ts';
import { submissionBeginning } from './submission.ts';
import { expectFreeName, LATEST, placedIn, reserveFolder, writeLatest } from './submit-folder.ts';
import type { SubmissionTask, SubmitProgress, SubmitTask } from './submit-task.ts';
import { comparisonMarkdown, markdownBeginning } from './table.ts';

/** A submit whose folder is there and empty. */
export interface OwnFolder<Task> {
  /** With the folder of the submit as `outDir`. */
  readonly task: Task;
  /** The output folder, in which the folder of the submit is. */
  readonly root: string;
  readonly name: string;
  readonly startedAt: Date;
}

/** The runs of a submit of several methods have the method in their names. */
const runNameOf = (name: string, method: string, methods: number): string =>
  methods === 1 ? name : `${name}-${method}`;

/**
 * Makes a folder for a submit, and takes it back if the work fails before anything is written to it. Nobody else gets its
 * name or those of its runs meanwhile.
 * @param replaced folders of runs that will be replaced
 */
export async function inOwnFolder<Task extends Pick<SubmitTask, 'outDir' | 'runsDir' | 'name'>, T>(
  task: Task,
  methods: readonly { readonly id: string }[],
  work: (submitted: OwnFolder<Task & Pick<SubmissionTask, 'runName'>>) => Promise<T>,
  replaced: readonly string[] = [],
): Promise<T> {
  const startedAt = new Date();
  const { outDir: root, runsDir, name: wanted } = task;
  const runName = wanted === undefined ? undefined : (method: string) => runNameOf(wanted, method, methods.length);
  const ids = methods.map(({ id }) => id);
  const folder = await reserveFolder(root, { wanted, startedAt, methods: ids });
  try {
    const { name } = folder;
    const doWork = (): Promise<T> =>
      work({ task: { ...task, outDir: join(root, name), runName }, root, name, startedAt });
    return await (runName ? withRunNames(runsDir, ids.map(runName), replaced, doWork) : doWork());
  } finally {
    await folder.release();
  }
}

/**
 * Writes the files of a submit, all together and at the end, and a copy of them as `latest`.
 * @param files of the methods
 */
export async function writeSubmit(
  { task: { competition }, root, name, startedAt }: OwnFolder<Pick<SubmitTask, 'competition'>>,
  found: Omit<SubmitResult, 'competition' | 'name' | 'startedAt' | 'files'>,
  ofMethods: readonly OwnFile[],
  { onMoved, becomesLatest }: Pick<SubmitProgress, 'onMoved' | 'becomesLatest'>,
): Promise<SubmitResult> {
  const about = { competition: competition.id, name, startedAt: startedAt.toISOString(), ...found };
  const { result: written, moved } = await writeOrElsewhere(root, async (outDir) => {
    const result: SubmitResult = placedIn(join(outDir, name), about);
    const files = [...ofMethods, ...comparisonOutputs(competition, resultJson(result), comparisonMarkdown(result))];
    await writeTogether(join(outDir, name), files);
    return { result, outDir, files };
  });
  if (moved !== null) onMoved?.(moved);
  if (becomesLatest?.(written.result) === false) return written.result;
  try {
    await writeLatest(written.outDir, written.files);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    onMoved?.(`${error.message} ${displayPath(join(written.outDir, LATEST))} still has the submit before.`);
  }
  return written.result;
}

/** The file of a method's submission. */
export const submissionOutput = (competition: Competition, method: string, csv: string): OwnFile => ({
  name: basename(submissionFile('', method)),
  content: csv,
  beginning: submissionBeginning(competition),
  what: 'a submission',
});

export const testTable = (method: string): string => `${method}-probabilities.csv`;
export const outOfFoldTable = (method: string): string => `${method}-out-of-fold.csv`;

/** A file with the probabilities of each class. */
export const tableOutput = ({ submission, classes }: Competition, name: string, csv: string): OwnFile => ({
  name,
  content: csv,
  beginning: probabilityHeader({ id: submission.id, columns: classes }),
  what: 'a table of probabilities',
});

/** The comparison that programs read is the last file: once it is there, the submit is complete. */
const comparisonOutputs = ({ id }: Competition, json: string, markdown: string): OwnFile[] => [
  { name: COMPARISON_MARKDOWN, content: markdown, beginning: markdownBeginning(id), what: `a comparison of ${id}` },
  { name: COMPARISON_JSON, content: json, beginning: resultJsonBeginning(id), what: `a comparison of ${id}` },
];

/**
 * @param replaced folders of runs that will be replaced
 * @throws UserError if the name of the submit is taken, or something else is where its files will go
 */
export async function prepareOutput(
  {
    competition,
    outDir,
    runsDir,
    name,
    probabilities = false,
  }: Pick<SubmitTask, 'competition' | 'outDir' | 'runsDir' | 'name' | 'probabilities'>,
  methods: readonly string[],
  replaced: readonly string[] = [],
): Promise<void> {
  const outputs = [
    ...methods.map((id) => submissionOutput(competition, id, '')),
    ...methods
      .flatMap((id) => (probabilities ? [testTable(id), outOfFoldTable(id)] : []))
      .map((table) => tableOutput(competition, table, '')),
    ...comparisonOutputs(competition, '', ''),
  ];
  await prepareFolder(outDir);
  for (const output of outputs) await expectOwn(join(outDir, LATEST, output.name), output.beginning, output.what);
  if (name === undefined) return;
  await expectFreeName(outDir, checkedName(name));
  await expectFreeRunNames(
    runsDir,
    methods.map((id) => runNameOf(name, id, methods.length)),
    replaced,
  );
}

/**
 * The folder for run records: that of the task or, if it is not writable, one in the output folder, which `onMoved`
 * tells.
 * @throws UserError if it cannot be written for another reason
 */
export async function preparedRuns(
  { outDir, runsDir }: Pick<SubmitTask, 'outDir' | 'runsDir'>,
  { onMoved }: Pick<SubmitProgress, 'onMoved'> = {},
): Promise<string> {
  try {
    await prepareFolder(runsDir);
    return runsDir;
  } catch (error) {
    const isForbidden = error instanceof UserError && ['EROFS', 'EACCES', 'EPERM'].includes(codeOf(error.cause));
    if (!isForbidden) throw error;
    const other = join(outDir, 'runs');
    await prepareFolder(other);
    onMoved?.(`${error.message} Runs go to ${displayPath(other)} in its place.`);
    return other;
  }
}

export const submissionFile = (folder: string, method: string): string => join(folder, `${method}.csv`);
