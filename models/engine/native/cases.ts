/** Random calls of every kernel with a twin in C, with shapes that networks have and some that they do not have. */
import type { Case, Source } from './cases/case.ts';
import {
  productCase,
  winogradProductCase,
  winogradTransformCase,
  winogradOutputCase,
  winogradWeightCase,
} from './cases/products.ts';
import { patchCase, sweepCase, firstLayerCase, patchSumCase } from './cases/convolutions.ts';
import { channelCase, depthwiseCase } from './cases/channels.ts';
import { poolCase, windowCase, normCase, elementwiseCase, activationCase } from './cases/maps.ts';

interface Group {
  /** Kernels that are used together or not at all. */
  readonly kernels: readonly string[];
  readonly make: (source: Source) => Case;
}

const alone = (kernels: readonly string[], make: (source: Source, kernel: never) => Case): Group[] =>
  kernels.map((kernel) => ({ kernels: [kernel], make: (source) => make(source, kernel as never) }));

export const groups: readonly Group[] = [
  { kernels: ['packPanels', 'multiply', 'multiplyPatches'], make: productCase },
  ...alone(['winogradProducts', 'winogradGradientProducts'], winogradProductCase),
  ...alone(['winogradInput', 'winogradOutputGradient'], winogradTransformCase),
  ...alone(['winogradOutput'], winogradOutputCase),
  ...alone(['winogradWeights', 'winogradWeightGradient'], winogradWeightCase),
  ...alone(['normReluPool', 'normPoolGradient'], poolCase),
  ...alone(['maxPool', 'maxPoolGradient', 'averagePool', 'averagePoolGradient'], windowCase),
  ...alone(['scatterPatches'], patchCase),
  ...alone(['convolve3x3', 'convolve3x3Moments', 'weightGradient3x3'], sweepCase),
  ...alone(
    ['convolveNormReluPool', 'convolveNormReluPoolForward', 'maskPooledGradient', 'winnersWeightGradient'],
    firstLayerCase,
  ),
  ...alone(['channelMoments', 'normalise', 'normGradientSums', 'normGradient', 'maskGradient'], normCase),
  ...alone(
    ['relu', 'reluGradient', 'add', 'copyRows', 'fillRows', 'addRows', 'spreadBytes', 'dropout'],
    elementwiseCase,
  ),
  ...alone(['depthwise', 'depthwiseInputGradient', 'depthwiseWeightGradient'], depthwiseCase),
  ...alone(['multiplyMaps', 'scaleChannels', 'gateGradient', 'prelu', 'preluGradient'], channelCase),
  ...alone(['activate', 'activateGradient'], activationCase),
  ...alone(['addPatchSums'], patchSumCase),
];
