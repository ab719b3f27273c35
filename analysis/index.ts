/** Analyses of the loss around trained networks: planes, lines, rays, curvature, and curves between networks. */
export { barrier, chordPoint, curvePoint, curves, trainCurve, type CurveName, type CurveOutcome } from './curve.ts';
export { evaluate, metricNames, solutionAt, type MetricName, type Setting, type Values } from './evaluate.ts';
export { boxAround, coarseToFine, levelStrides, spaced } from './grid.ts';
export { batchesInOrder, frozenGradient, hessian, hessianOnPool } from './hessian.ts';
export { densityAt, largestEigenvalues, spectrum } from './lanczos.ts';
export { digestOfVectors, scan, targetAt, targetId, type Target } from './scan.ts';
export { sharpness } from './sharpness.ts';
export {
  firstMiddleLast,
  lineBetween,
  normalisations,
  planeThrough,
  pointAt,
  principalPlane,
  project,
  randomDirections,
  type Normalisation,
  type Plane,
} from './subspace.ts';
export type { RetraceTask, Trajectory } from './trajectory.ts';
export { workerFile } from './worker-file.ts';
