/** Models: architectures, the engines that run them, and import and export. */
export { findModel, modelName, modelNames, models, type ModelName } from './architectures/index.ts';
export type { TrainingDefaults } from './architecture.ts';
export { AUTO, chooseModel, modelChoice, type ModelChoice } from './choose-model.ts';
export { createNetwork, engineOfBits, kernelsOf } from './engine/engines.ts';
export { buildNative } from './engine/native/build.ts';
export { fastestKernels } from './engine/native/choose.ts';
export { createWasmNetwork } from './engine/simd/network.ts';
export { readKernels } from './engine/simd/load-kernels.ts';
export { checkMemory } from './engine/memory.ts';
export { initialWeights } from './engine/layout.ts';
export type { Batch, MaybePromise, Network, Solution } from './engine/network.ts';
export { normalizationOf, withNormalization, type Plan } from './engine/plan.ts';
export { loadPlan } from './engine/plans.ts';
export { planFor } from './plan-for.ts';
export { vectorsOf, wasmVectors, type Vectors } from './engine/vectors.ts';
export { formatNames, readModel, writeModel, type Format, type PlanOfFile } from './interchange/files.ts';
