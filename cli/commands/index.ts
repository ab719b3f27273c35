/** Every command: a new one is a file beside this one, a line here, and a script in package.json. */
import type { Command, CommandGroup } from '../command.ts';
import { analyze } from './analyze.ts';
import { average } from './average.ts';
import { blend } from './blend.ts';
import { compare } from './compare.ts';
import { completion } from './completion.ts';
import { dashboard } from './dashboard.ts';
import { data } from './data.ts';
import { experiment } from './experiment.ts';
import { exportModels } from './export.ts';
import { importModels } from './import.ts';
import { kaggle } from './kaggle.ts';
import { kernels } from './kernels.ts';
import { leaderboard } from './leaderboard.ts';
import { predict } from './predict.ts';
import { report } from './report.ts';
import { runs } from './runs.ts';
import { search } from './search.ts';
import { start } from './start.ts';
import { study } from './study.ts';
import { submit } from './submit.ts';
import { worker } from './worker.ts';

export const commands: readonly (Command | CommandGroup)[] = [
  start,
  data,
  search,
  study,
  worker,
  submit,
  average,
  blend,
  predict,
  compare,
  leaderboard,
  runs,
  dashboard,
  kaggle,
  experiment,
  analyze,
  report,
  exportModels,
  importModels,
  kernels,
  completion,
];
