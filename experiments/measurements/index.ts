/** The registry of measurements. To add one: write a file in this folder and add its line here. */
import type { Column, Measurement } from './measurement.ts';
import { connection } from './connection.ts';
import { curvature } from './curvature.ts';
import { mSharpness } from './m-sharpness.ts';
import { members } from './members.ts';
import { path } from './path.ts';
import { plane } from './plane.ts';
import { prediction } from './prediction.ts';
import { rays } from './rays.ts';
import { secondOrder } from './second-order.ts';
import { segment } from './segment.ts';
import { sharpness } from './sharpness.ts';

const entries = {
  members,
  prediction,
  path,
  'second-order': secondOrder,
  sharpness,
  'm-sharpness': mSharpness,
  curvature,
  rays,
  segment,
  plane,
  connection,
} as const satisfies Record<string, Measurement>;

export type MeasurementName = keyof typeof entries;
export const measurements: Readonly<Record<MeasurementName, Measurement>> = entries;

/** Columns by the name of the metric: those of every arm, and those of the measurements. */
export function columnsOf(names: readonly MeasurementName[] = []): Readonly<Record<string, Column>> {
  return {
    accuracy: { title: 'test', unit: 'share' },
    loss: { title: 'test loss', unit: 'number' },
    trainAccuracy: { title: 'train', unit: 'share' },
    ...Object.assign({}, ...names.map((name) => measurements[name].columns)),
    seconds: { title: 'seconds', unit: 'seconds' },
  };
}
