/** `npm run dashboard`: a page on this machine that shows studies, runs and the leaderboard, also while they grow. */
import { once } from 'node:events';
import { isFolder } from '../../base/is-folder.ts';
import { displayPath } from '../../base/paths.ts';
import { UserError } from '../../base/user-error.ts';
import { competitionIn, keepFolder } from '../../data/index.ts';
import { defineCommand } from '../command.ts';
import { displayStorage } from '../studies.ts';
import { RUNS_DIRECTORY } from '../submissions.ts';
import { option } from '../option.ts';
import { wholeNumber } from '../option-parsers.ts';
import { shared } from '../options.ts';

export const dashboard = defineCommand({
  name: 'dashboard',
  summary: 'show studies, runs and the leaderboard in the browser, live',
  options: {
    port: option({
      flags: '--port <n>',
      description: 'port on this machine; if it is taken, the next free one; 0 for any free port',
      parse: wholeNumber(0, 65_535),
      fallback: 4400,
    }),
    ...shared('open'),
    token: option({
      flags: '--no-token',
      description: 'let every user of this machine write notes and change runs, not only those who have the address',
      parse: () => false,
      fallback: true,
    }),
    ...shared('storage', 'dataDir'),
  },
  examples: [
    ['--open', 'start it and show it in the browser'],
    ['--storage postgres://me@db/studies', 'the studies of many machines'],
  ],
  stopped: 'The dashboard has ended; open it again with',
  async run({ port, open, token: isTokenWanted, storage, dataDir }, { signal, progress, tell }) {
    if (dataDir !== undefined && !isFolder(dataDir)) {
      throw new UserError(
        `${displayPath(dataDir)}: expected the folder of a competition, found no folder. Name another with --data-dir, or leave it out.`,
      );
    }
    // A run or a data set of another competition has its images elsewhere.
    const meant = dataDir === undefined ? null : await competitionIn(dataDir);
    if (dataDir !== undefined && meant !== null) keepFolder(meant.id, dataDir);
    // Loaded here, because other commands need neither.
    const { newToken, serveDashboard } = await import('../../dashboard/index.ts');
    const token = isTokenWanted ? newToken() : null;
    const running = await serveDashboard({
      port,
      token,
      storage,
      dataDir,
      dataDirOf: meant?.id,
      runsDir: RUNS_DIRECTORY,
      onError: (error) => progress.note(error instanceof Error ? String(error.stack) : String(error)),
    });
    // The page keeps the token and takes it out of its address.
    const page = token === null ? running.address : `${running.address}/?token=${token}`;
    const report = { json: { address: running.address, token }, text: page };
    try {
      // On stdout, since it is the result: scripts wait for it, and it is what a person wants to know with --quiet.
      tell(report);
      progress.note(`Shows ${displayStorage(storage)} and ${RUNS_DIRECTORY}. Ctrl-C ends it.`);
      if (open) {
        const { default: openBrowser } = await import('open');
        await openBrowser(page);
      }
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      await running.close();
    }
    signal.throwIfAborted();
    return report;
  },
});
