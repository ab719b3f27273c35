/** Products and concatenations of branches, and zero padding, as layers of the simd engine. */
import { FLOAT_BYTES, type KernelSpace, quadsOf } from './kernels.ts';
import { type FeatureMap, imageAddress, type Layer, pixelsOf, quadsIn, type Step } from './layer.ts';

const step = (run: Step['run']): Step => ({ scope: 'chunk', run });

/**
 * The product of two maps of equal shape, or of a map and a gate with one value for each channel.
 * @param gradients gradients of both inputs; one with the shape of the output may share the memory of its gradient
 */
export function createMultiply(
  { kernels }: KernelSpace,
  inputs: readonly FeatureMap[],
  output: FeatureMap,
  outputGradient: FeatureMap,
  gradients: readonly (FeatureMap | null)[],
): Layer {
  const at = (map: FeatureMap, first: number): number => imageAddress(map, first);
  const [a, b] = inputs;
  const [dA, dB] = gradients;
  if (pixelsOf(a.shape) === pixelsOf(b.shape)) {
    return {
      forward: () => [
        step((first, count) => kernels.multiplyMaps(at(a, first), at(b, first), at(output, first), quadsIn(a, count))),
      ],
      backward: [
        step((first, count) => {
          const dY = at(outputGradient, first);
          if (dB) kernels.multiplyMaps(dY, at(a, first), at(dB, first), quadsIn(a, count));
          if (dA) kernels.multiplyMaps(dY, at(b, first), at(dA, first), quadsIn(a, count));
        }),
      ],
    };
  }
  const [map, gate, dMap, dGate] = pixelsOf(b.shape) === 1 ? [a, b, dA, dB] : [b, a, dB, dA];
  const sizes = [pixelsOf(map.shape), quadsOf(map.shape.channels)];
  return {
    forward: () => [
      step((first, count) =>
        kernels.scaleChannels(at(map, first), at(gate, first), at(output, first), ...sizes, count),
      ),
    ],
    backward: [
      step((first, count) => {
        const dY = at(outputGradient, first);
        if (dGate) kernels.gateGradient(at(map, first), dY, at(dGate, first), ...sizes, count);
        if (dMap) kernels.scaleChannels(dY, at(gate, first), at(dMap, first), ...sizes, count);
      }),
    ],
  };
}

/** Concatenates the channels of several maps. */
export function createConcat(
  { kernels }: KernelSpace,
  inputs: readonly FeatureMap[],
  output: FeatureMap,
  outputGradient: FeatureMap,
  gradients: readonly (FeatureMap | null)[],
): Layer {
  let channels = 0;
  const offsets = inputs.map(({ shape }) => (channels += shape.channels) - shape.channels);
  const rows = pixelsOf(output.shape);
  const stride = (map: FeatureMap): number => map.channels * FLOAT_BYTES;
  return {
    forward: () =>
      inputs.map((input, i) =>
        step((first, count) => {
          const to = imageAddress(output, first) + offsets[i] * FLOAT_BYTES;
          const from = imageAddress(input, first);
          kernels.copyRows(from, stride(input), to, stride(output), count * rows, input.shape.channels);
        }),
      ),
    backward: gradients.flatMap((gradient, i) =>
      gradient === null
        ? []
        : step((first, count) => {
            const from = imageAddress(outputGradient, first) + offsets[i] * FLOAT_BYTES;
            const to = imageAddress(gradient, first);
            kernels.copyRows(from, stride(output), to, stride(gradient), count * rows, gradient.shape.channels);
          }),
    ),
  };
}

/** Zero padding. The zeros of the output exist from the start, and nothing writes there. */
export function createZeroPadding(
  { kernels }: KernelSpace,
  { top, left }: { readonly top: number; readonly left: number },
  input: FeatureMap,
  output: FeatureMap,
  outputGradient: FeatureMap,
  inputGradient: FeatureMap | null,
): Layer {
  const { height, width } = input.shape;
  const inside = top * output.rowBytes + left * output.channels * FLOAT_BYTES;
  const floats = width * input.channels;
  const eachImage = (run: (image: number) => void): Step =>
    step((first, count) => {
      for (let image = first; image < first + count; image++) run(image);
    });
  return {
    forward: () => [
      eachImage((image) => {
        const to = imageAddress(output, image) + inside;
        kernels.copyRows(imageAddress(input, image), input.rowBytes, to, output.rowBytes, height, floats);
      }),
    ],
    backward: inputGradient
      ? [
          eachImage((image) => {
            const from = imageAddress(outputGradient, image) + inside;
            const to = imageAddress(inputGradient, image);
            kernels.copyRows(from, outputGradient.rowBytes, to, inputGradient.rowBytes, height, floats);
          }),
        ]
      : [],
  };
}
