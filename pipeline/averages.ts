/** What else one training could predict with: its last weights, their EMA and their SWA. */
import { type Collector, lastWeights } from './collector.ts';
import { ema } from './collectors/ema.ts';
import { swa } from './collectors/swa.ts';
import { averagingPoints } from './methods/swa.ts';
import { emaDecay } from './methods/ema.ts';
import type { Parameters } from './parameters.ts';
import type { Clock } from './schedule.ts';

export const averageNames = ['last', 'ema', 'swa'] as const;
export type AverageName = (typeof averageNames)[number];
/** Something of each of them. */
export type Averages<Of> = Readonly<Record<AverageName, Of>>;

/** Collectors that watch the trajectory of any method, as the methods `ema` and `swa` average theirs. */
export const createAverages = (parameters: Parameters, clock: Clock): Averages<Collector> => ({
  last: lastWeights(),
  ema: ema(emaDecay(parameters, clock)),
  swa: swa(averagingPoints(parameters, clock)),
});

export const eachAverage = <Of>(of: (name: AverageName) => Of): Averages<Of> => ({
  last: of('last'),
  ema: of('ema'),
  swa: of('swa'),
});

/** As `eachAverage`, one after the other. */
export const eachAverageInTurn = async <Of>(of: (name: AverageName) => Promise<Of>): Promise<Averages<Of>> => ({
  last: await of('last'),
  ema: await of('ema'),
  swa: await of('swa'),
});
