import { spawnSync } from 'node:child_process';

const MODULE = new URL('../../base/temporary-file.ts', import.meta.url).href;

/** The mark of a process that has ended. */
export const endedMark = (): string =>
  spawnSync(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '--eval',
    `import { processMark } from ${JSON.stringify(MODULE)}; process.stdout.write(processMark);`,
  ]).stdout.toString();
