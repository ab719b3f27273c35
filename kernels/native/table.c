/* All kernels in C. The others run in WebAssembly. */
#include "native.h"

#define EVERY(X) \
  X(packPanels, 6) X(multiply, 9) X(multiplyPatches, 14) X(fillRows, 5) X(addRows, 5) X(winogradProducts, 9) X(winogradGradientProducts, 9) \
  X(winogradInput, 10) X(winogradOutput, 9) X(winogradOutputGradient, 10) X(winogradWeights, 6) \
  X(winogradWeightGradient, 6) X(channelMoments, 4) X(normalise, 10) X(normGradientSums, 7) X(normGradient, 11) \
  X(normReluPool, 10) X(maskGradient, 7) X(normPoolGradient, 11) X(maxPool, 14) X(maxPoolGradient, 15) \
  X(averagePool, 14) X(averagePoolGradient, 14) X(relu, 3) X(reluGradient, 3) X(add, 4) X(copyRows, 6) X(dropout, 9) \
  X(spreadBytes, 7) X(scatterPatches, 15) X(convolve3x3, 11) X(convolve3x3Moments, 12) \
  X(weightGradient3x3, 13) X(convolveNormReluPool, 14) X(convolveNormReluPoolForward, 13) X(maskPooledGradient, 9) \
  X(winnersWeightGradient, 10) X(multiplyAdds, 4) \
  X(depthwise, 18) X(depthwiseInputGradient, 17) X(depthwiseWeightGradient, 17) X(multiplyMaps, 4) X(scaleChannels, 6) \
  X(gateGradient, 6) X(prelu, 5) X(preluGradient, 7) X(activate, 5) X(activateGradient, 6)

#define DECLARE(name, arguments) Kernel name;
EVERY(DECLARE)
#define ENTRY(name, arguments) {#name, name, arguments},
const struct kernel kernels[] = {EVERY(ENTRY){0, 0, 0}};
