/** A study as a Gaussian process of its trials sees it along each parameter, the others as in the best trial. */
import type { ParameterValue } from '../distributions.ts';
import type { Direction } from '../direction.ts';
import { bestOf } from '../known-trials.ts';
import type { StudySnapshot } from '../read-study.ts';
import { learn } from '../samplers/gp/learn.ts';
import { posterior } from '../samplers/gp/posterior.ts';
import { axesOf, fromCoordinate, locate, type Axis } from '../samplers/unit-cube.ts';
import { modelTask, type ModelTask } from './model-task.ts';

export interface SurrogateSlice {
  readonly parameter: string;
  /** Along the axis, or one for each choice of a categorical parameter. */
  readonly points: readonly SurrogatePoint[];
}

interface SurrogatePoint {
  readonly x: ParameterValue;
  /** In units of the value. */
  readonly mean: number;
  /** Mean ± 2 standard deviations of the function itself, without the noise of a trial: low < mean < high. */
  readonly low: number;
  readonly high: number;
}

/** What the slices follow from, as plain data. */
export interface SurrogateTask extends ModelTask {
  readonly direction: Direction;
  /** Coordinates of the best trial. */
  readonly best: readonly number[];
}

/** Fewer finished trials tell too little of the function: as many as the sampler draws at random first. */
const leastTrials = 10;
/** Points of a curve. */
const curvePoints = 61;
/** Half the width of the band, in standard deviations. */
const width = 2;

/** @returns null where nothing can be said: few trials, several objectives, constraints, or parameters that not all trials have */
export function surrogateTask(study: StudySnapshot): SurrogateTask | null {
  const task = modelTask(study, leastTrials);
  const best = bestOf(study.trials, study.definition);
  if (task === null || best === null) return null;
  const [located] = locate(axesOf(task.space), [best]);
  return located === undefined ? null : { ...task, direction: study.definition.direction, best: [...located.point] };
}

/** Takes about a second. */
export function surrogateSlices({ space, observations, direction, best }: SurrogateTask): SurrogateSlice[] {
  const axes = axesOf(space);
  const points = observations.map(([point]) => Float64Array.from(point));
  const observed = observations.map(([, value]) => value);
  const categories = axes.map(({ isCategory }) => isCategory);
  const { values, hyperparameters, toObserved } = learn(points, observed, categories);
  const model = posterior(points, values, categories, hyperparameters);
  const sign = direction === 'minimize' ? 1 : -1;
  const pointAt = (k: number, axis: Axis, coordinate: number): SurrogatePoint => {
    const point = Float64Array.from(best);
    point[k] = coordinate;
    const { mean, deviation } = model.predict(point);
    const [one, other] = [-width, width].map((by) => sign * toObserved(mean + by * deviation));
    return {
      x: fromCoordinate(axis.distribution, coordinate),
      mean: sign * toObserved(mean),
      low: Math.min(one, other),
      high: Math.max(one, other),
    };
  };
  return axes.map((axis, k) => ({
    parameter: axis.name,
    points: coordinatesOf(axis).map((coordinate) => pointAt(k, axis, coordinate)),
  }));
}

const coordinatesOf = ({ levels }: Axis): readonly number[] =>
  levels ?? Array.from({ length: curvePoints }, (_, i) => i / (curvePoints - 1));
