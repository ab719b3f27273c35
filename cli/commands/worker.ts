/** `npm run worker`: joins a search that runs elsewhere, with all of its settings taken from the study. */
import { isDeepStrictEqual } from 'node:util';
import { printable, quoted } from '../../base/printable.ts';
import { displayPath } from '../../base/paths.ts';
import { DESCRIPTION_FILE, findCompetition, knownIds } from '../../data/index.ts';
import { UserError } from '../../base/user-error.ts';
import { modelName } from '../../models/index.ts';
import { methodName } from '../../pipeline/index.ts';
import { parseLimit, readTask, type SearchTask, settingsOf, studyName, studyTask } from '../../tuning/index.ts';
import type { PrunerName, SamplerName } from '../../search/index.ts';
import { defineCommand } from '../command.ts';
import { frontTables, searchTable } from '../search-tables.ts';
import { movedInWords, runSearches, UNSAVED_DIRECTORY } from '../searches.ts';
import { displayStorage, meantStudy } from '../studies.ts';
import { withTraining } from '../training.ts';
import { searchJson } from './search.ts';
import { commandLine } from '../../base/command-line.ts';
import { LARGEST_COUNT, optional } from '../option.ts';
import { someText, wholeNumber } from '../option-parsers.ts';
import { shared } from '../options.ts';

export const worker = defineCommand({
  name: 'worker',
  summary: 'help a search that another process runs',
  options: {
    ...shared('storage'),
    study: optional({
      flags: '--study <name>',
      description: 'name of the study, or a part of it',
      parse: someText,
      shownFallback: 'the one used last',
    }),
    trials: optional({
      flags: '--trials <n>',
      description: 'stop when the study has this number of finished trials',
      parse: wholeNumber(1, LARGEST_COUNT),
      shownFallback: 'as many as the search wants',
    }),
    ...shared('dataDir', 'skipBroken', 'workers', 'timeout'),
  },
  spare: 'study',
  examples: [
    ['--storage postgres://user@host/db --study swa', 'on another machine, until the study has all its trials'],
    ['--study plain --trials 60', 'a second process on this machine, until the study has 60 trials'],
  ],
  stopped: 'Trials of this process go back to the study; join again with',
  async run(
    { storage: location, study: part = '', trials: joinedTrials, dataDir, skipBroken, workers, timeout: timeoutMs },
    session,
  ) {
    const { definition } = await meantStudy(
      location,
      part,
      session,
      (one) => readTask(one) !== null && one.space !== null,
    );
    const { name, seed, space } = definition;
    const settings = readTask(definition);
    if (settings === null || space === null) {
      throw new UserError(`Study ${quoted(name)} was not made by ${commandLine('search')}: choose one that was.`);
    }
    const trials = joinedTrials ?? definition.wantedTrials;
    if (trials === undefined) {
      throw new UserError(`Study ${quoted(name)} does not say how many trials it needs: use --trials.`);
    }
    const { engine, epochs, folds, fixed, objectives, constraints } = settings;
    const method = methodName(settings.method);
    const model = modelName(settings.model);
    // A competition of one's own is described in its folder, which another machine need not have looked into yet.
    const isThere = knownIds().includes(settings.competition);
    if (!isThere && dataDir === undefined) {
      throw new UserError(
        `Study ${quoted(name)} was made with the competition ${quoted(settings.competition)}, which is not known here. ` +
          `Copy the folder of its files with its ${DESCRIPTION_FILE}, and name that with --data-dir.`,
      );
    }
    const options = { dataDir, skipBroken, model, engine, workers };
    const named = { ...options, competition: isThere ? findCompetition(settings.competition) : undefined };
    return withTraining(named, session, async ({ competition, images: loaded, plan, pool }) => {
      if (competition.id !== settings.competition) {
        throw new UserError(
          `Study ${quoted(name)} was made with the competition ${quoted(settings.competition)}, and ${displayPath(dataDir!)} has ` +
            `${quoted(competition.id)}. Copy the ${DESCRIPTION_FILE} of the first machine there.`,
        );
      }
      const images = await loaded.train();
      const task: SearchTask = {
        competition: competition.id,
        model,
        plan,
        engine,
        method,
        images,
        trials,
        joins: true,
        workers,
        epochs,
        folds,
        seed,
        sampler: definition.sampler as SamplerName,
        pruner: definition.pruner as PrunerName,
        space,
        fixed,
        objectives,
        constraints: constraints?.map((text) => parseLimit(text, 'a constraint of the study')),
        prior: definition.prior?.study,
        timeoutMs,
        storage: location,
        unsavedDir: UNSAVED_DIRECTORY,
      };
      // A study that a person has named says nothing of its settings in its name.
      const isSame = studyName(task) === name || isDeepStrictEqual(studyTask(task, settingsOf(task)), settings);
      if (!isSame) {
        throw new UserError(
          `Study ${quoted(name)} was made with other images of ${competition.id} than those here, or by another version of ` +
            'this program: use the same on all machines.',
        );
      }
      const announce = (): void =>
        session.progress.step(`Joining ${printable(name)} in ${displayStorage(location)}, up to ${trials} trials.`);
      const outcomes = await runSearches(pool, [{ ...task, name }], session, announce);
      const problem = movedInWords(outcomes, location);
      return {
        json: { study: name, methods: searchJson(outcomes) },
        text: [searchTable(outcomes), ...frontTables(outcomes)].join('\n\n'),
        problem,
      };
    });
  },
});
