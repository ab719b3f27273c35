/** The end of a submit within a budget: what each part of it has given. */
import { join } from 'node:path';
import { commandLine, pathWord } from '../../base/command-line.ts';
import { duration } from '../../base/format.ts';
import { displayPath } from '../../base/paths.ts';
import { nameOfRun, readRecord, RECIPE_FILE } from '../../records/index.ts';
import { type BudgetState, LATEST } from '../../submissions/index.ts';
import type { Report, Session } from '../command.ts';
import { tellReport } from '../submissions.ts';
import { bestRun, type Task } from './members.ts';
import { budgetText, type Given, outcomeTable } from './text.ts';

export async function outcomeReport(
  { ground, named, settings, budget }: Task,
  { trained, blends }: Pick<BudgetState, 'trained' | 'blends'>,
  usedMs: () => number,
  { progress }: Session,
): Promise<Report> {
  const best = (await bestRun({ trained, blends }))!;
  const parts: (Given & { readonly run: string })[] = [];
  for (const { run, seconds } of [...trained, ...blends]) {
    const record = await readRecord(run);
    parts.push({ name: nameOfRun(record), record, run, seconds });
  }
  const { run } = parts.find(({ record }) => record.id === best.id)!;
  const sentence = blends.at(-1)?.sentence ?? null;
  await tellReport(progress, {
    folders: [run],
    images: { dataDir: settings.dataDir, loaded: ground.images },
    comparison: sentence ?? undefined,
  });
  const latest = join(settings.outDir, LATEST);
  const recipe = join(run, RECIPE_FILE);
  const seconds = usedMs() / 1000;
  const used = budget === undefined ? duration(seconds) : `${duration(seconds)} of ${budgetText(budget)}`;
  return {
    json: {
      competition: best.configuration.competition,
      recipe: named.name,
      budgetSeconds: budget === undefined ? null : budget / 1000,
      seconds,
      best: nameOfRun(best),
      parts: parts.map((part) => partJson(part)),
      sentence,
      submission: best.submission.file,
      latest,
      plan: recipe,
    },
    text: [
      outcomeTable(parts, nameOfRun(best)),
      ...(sentence === null ? [] : [sentence]),
      `Used: ${used}.`,
      `Written: ${displayPath(best.submission.file)}\n\nA copy: ${displayPath(latest)}`,
      `The plan, which trains the same again: ${commandLine('submit', '--recipe', pathWord(displayPath(recipe)))}`,
    ].join('\n\n'),
  };
}

function partJson({ name, record, run, seconds }: Given & { readonly run: string }): object {
  const { method, model, epochs, folds, trainFolds, seed } = record.configuration;
  const { train, outOfFold, test } = record.scores;
  return { name, run, method, model, epochs, folds, trainFolds, seed, seconds, train, outOfFold, test };
}
