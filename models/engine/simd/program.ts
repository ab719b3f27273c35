/**
 * Runs a plan: creates a layer for each stage, allocates their buffers, and orders all steps.
 *
 * Every node that a stage writes has one map. Every stage writes its own gradient for each source that needs one, so
 * that no kernel has to add. If a map has several readers, their gradients are added up chunk by chunk. Element-wise
 * layers reuse the gradient of their output as that of their input.
 */
import { imageSize } from '../../../data/index.ts';
import { fuse, type Stage, type StageOf, trainedNodes } from '../fuse.ts';
import { type NodeId, normalizationOf, type Plan, valuesOfBytes } from '../plan.ts';
import { createActivation, createPrelu } from './activation.ts';
import { createConcat, createMultiply, createZeroPadding } from './branches.ts';
import { createConvolutionBlock } from './convolution-block.ts';
import { createFirstConvolutionBlock, takesPatchGram } from './first-convolution-block.ts';
import { createConvolution } from './convolution.ts';
import { createConvolution3x3, isFast3x3 } from './convolution-3x3.ts';
import { createDepthwise } from './depthwise.ts';
import { createDense } from './dense.ts';
import { draftGradientMemory, type GradientMemory } from './gradient-memory.ts';
import {
  createAdd,
  createDropout,
  createFlatten,
  createHalo,
  createRelu,
  createSpread,
  createSum,
} from './elementwise.ts';
import { countingSpace, FLOAT_BYTES, type KernelSpace } from './kernels.ts';
import { type Mode } from './mode.ts';
import { allocateFeatureMap, type FeatureMap, type Layer, pixelsOf, type Step } from './layer.ts';
import { allocateMaps, inputHalo, view } from './maps.ts';
import { createLayerNorm } from './layer-norm.ts';
import { createNorm } from './norm.ts';
import { createPool } from './pool.ts';
import { beforeLastChunks, type ChunkedStep, inChunks, runSteps } from './steps.ts';
import { sweepsChunk, sweepsHalo } from './sweeps.ts';

/**
 * Most images and bytes of a map in a chunk, which passes through neighbouring layers before the next chunk, so that its
 * maps stay in the second-level cache.
 */
const LARGEST_CHUNK = 16;
const CHUNK_BYTES = 2 ** 18;

export interface Program {
  readonly layers: readonly Layer[];
  /** Address for the bytes of the images, without gaps. */
  readonly pixels: number;
  readonly logits: FeatureMap;
  readonly logitsGradient: FeatureMap;
  /** Computes `logits` from `pixels`. The mode 'measure' stops at the statistics of the last batch norm. */
  forward(mode: Mode, images: number): void;
  /** Computes the gradients in the layers from `logitsGradient`. */
  backward(images: number): void;
}

/**
 * Creates a program for up to `capacity` images. Must be called within `space.layOut`.
 * @param step its `seed` is the seed of dropouts; null drops nothing
 */
export function createProgram(
  space: KernelSpace,
  plan: Plan,
  capacity: number,
  step: { readonly seed: number | null },
): Program {
  const draft = draftGradientMemory();
  layOutProgram(countingSpace().space, plan, capacity, step, draft);
  return layOutProgram(space, plan, capacity, step, draft.final());
}

function layOutProgram(
  space: KernelSpace,
  plan: Plan,
  capacity: number,
  step: { readonly seed: number | null },
  memory: GradientMemory,
): Program {
  const stages = fuse(plan);
  const chunkOf = (stage: Stage): number => Math.min(capacity, chunkFor(stage));
  const pixels = space.allocate(capacity * imageSize(plan.input));
  const maps = allocateMaps(space, plan, stages, capacity, chunkOf);
  const logits = maps.get(stages[stages.length - 1].id)!;
  const logitsGradient = allocateFeatureMap(space, logits.shape, capacity);

  const layerOf = new Map<NodeId, Layer>();
  const writerOf = (node: NodeId): Stage | undefined => stages.find(({ id }) => id === node);
  const readersOf = (node: NodeId): Stage[] => stages.filter(({ sources }) => sources.includes(node));
  const gradients = new Map<NodeId, FeatureMap>([[stages[stages.length - 1].id, logitsGradient]]);
  /** For each stage the steps that add its gradients to those of other readers. */
  const sumsOf = new Map<NodeId, Step[]>();
  const trained = trainedNodes(stages);
  /** Gradients that are read for the last time by the stage that writes this node. */
  const lastRead = new Map<NodeId, FeatureMap>();
  for (const stage of stages.toReversed()) {
    const outputGradient = gradients.get(stage.id) ?? null;
    const sums: Step[] = [];
    const passOn = (source: NodeId, reuse: boolean): FeatureMap | null => {
      if (!outputGradient || !trained.has(source)) return null;
      const { shape } = maps.get(source)!;
      const sum = gradients.get(source);
      const map = reuse ? view(outputGradient, shape) : allocateGradient(stage, source, sum !== undefined);
      if (sum) sums.push(createSum(space, sum, map));
      else {
        gradients.set(source, map);
        if (reuse) memory.share(map);
      }
      return map;
    };
    const layer = createLayer(stage, outputGradient, passOn);
    layerOf.set(stage.id, layer);
    sumsOf.set(stage.id, sums);
    memory.pass(layer.backward);
    const late = lastRead.get(stage.id);
    if (late) memory.release(late);
    if (!outputGradient) continue;
    if (layer.fillInputGradient) lastRead.set(stage.sources[0], outputGradient);
    else memory.release(outputGradient);
  }

  function createLayer(
    stage: Stage,
    gradient: FeatureMap | null,
    passOn: (source: NodeId, reuse: boolean) => FeatureMap | null,
  ): Layer {
    const { sources } = stage;
    const input = maps.get(sources[0])!;
    const output = maps.get(stage.id)!;
    // Without an output gradient the backward pass of the layer never runs.
    const outputGradient = gradient ?? output;
    const around = (reuse: boolean) => ({ input, output, outputGradient, inputGradient: passOn(sources[0], reuse) });
    switch (stage.kind) {
      case 'convolutionBlock': {
        // The Gram matrix is of the bytes.
        if (takesPatchGram(stage, input) && !normalizationOf(plan)) {
          return createFirstConvolutionBlock(space, stage, around(false), pixels, capacity);
        }
        return behindHalo(stage, input, (haloed) =>
          createConvolutionBlock(space, stage, { ...around(false), input: haloed }, capacity, chunkOf(stage)),
        );
      }
      case 'convolution': {
        return behindHalo(stage, input, (haloed) => {
          const neighbours = { ...around(false), input: haloed };
          return isFast3x3(stage)
            ? createConvolution3x3(space, stage, neighbours, chunkOf(stage))
            : createConvolution(space, stage, neighbours);
        });
      }
      case 'dense':
        return createDense(space, stage, around(false), capacity);
      case 'norm':
        return createNorm(space, stage, around(!takesGradientOfChunk(stage)));
      case 'layerNorm':
        return createLayerNorm(space, stage, around(true));
      case 'relu':
        return createRelu(space, around(true));
      case 'depthwise':
        return createDepthwise(space, stage, around(false));
      case 'zeroPad':
        return createZeroPadding(space, stage, input, output, outputGradient, passOn(sources[0], false));
      case 'multiply': {
        // The gradient of one input with the shape of the output reuses the memory of the output's gradient.
        const isWhole = sources.map((source) => pixelsOf(maps.get(source)!.shape) === pixelsOf(stage.output));
        const inputs = sources.map((source) => maps.get(source)!);
        const taken = isWhole.indexOf(true);
        return createMultiply(
          space,
          inputs,
          output,
          outputGradient,
          sources.map((source, i) => passOn(source, i === taken)),
        );
      }
      case 'concat': {
        const inputs = sources.map((source) => maps.get(source)!);
        return createConcat(
          space,
          inputs,
          output,
          outputGradient,
          sources.map((source) => passOn(source, false)),
        );
      }
      case 'activation':
        return createActivation(space, stage, around(true), capacity);
      case 'prelu':
        return createPrelu(space, stage, around(true));
      case 'dropout':
        return createDropout(space, stage, around(true), step);
      case 'maxPool':
      case 'averagePool':
        return createPool(space, stage, around(false));
      case 'add': {
        passOn(sources[0], true);
        const isSummed = gradients.has(sources[1]);
        const second = passOn(sources[1], isSummed);
        const inputs = sources.map((source) => maps.get(source)!);
        return createAdd(space, inputs, output, outputGradient, isSummed ? null : second);
      }
      case 'flatten': {
        if (output.address !== input.address) return createFlatten(space, around(false));
        passOn(sources[0], true);
        return { forward: () => [], backward: [] };
      }
    }
  }

  /** @param isSummed whether the gradient is added to another one when the stage has written it */
  function allocateGradient(stage: Stage, source: NodeId, isSummed: boolean): FeatureMap {
    const { shape } = maps.get(source)!;
    const writer = writerOf(source);
    if (takesGradientOfChunk(stage) && writer?.kind === 'convolution') {
      return allocateFeatureMap(space, shape, chunkOf(writer), isFast3x3(writer) ? sweepsHalo(writer) : {});
    }
    return isSummed && stage.kind !== 'dense'
      ? allocateFeatureMap(space, shape, chunkOf(stage))
      : memory.allocate(space, shape, capacity);
  }

  /** Whether only a convolution reads the gradient of the stage's input. */
  function takesGradientOfChunk({ kind, sources }: Stage): boolean {
    return kind === 'norm' && writerOf(sources[0])?.kind === 'convolution' && readersOf(sources[0]).length === 1;
  }

  /** Creates a layer whose input needs a halo. If the map has none, a step copies it into one that has. */
  function behindHalo(
    stage: StageOf<'convolutionBlock' | 'convolution'>,
    input: FeatureMap,
    create: (input: FeatureMap) => Layer,
  ): Layer {
    const halo = inputHalo(stage);
    if (input.halo >= halo.halo) return create(input);
    const padChannels = input.channels !== input.shape.channels;
    const haloed = allocateFeatureMap(space, input.shape, chunkOf(stage), { ...halo, padChannels });
    const layer = create(haloed);
    const fill = createHalo(space, input, haloed);
    return {
      ...layer,
      forward: (mode) => [fill, ...layer.forward(mode)],
      backward: beforeLastChunks(layer.backward, [fill]),
    };
  }

  const spreading = createSpread(space, pixels, maps.get(0)!, valuesOfBytes(plan));
  const layers = stages.map(({ id }) => layerOf.get(id)!);
  const fillInputs = ({ sources }: Stage): Step[] =>
    [...new Set(sources)].flatMap((source) => {
      const fill = layerOf.get(source)?.fillOutput;
      return fill ? fillInputs(writerOf(source)!).concat(fill) : [];
    });
  const steps = (mode: Mode): ChunkedStep[] => [
    ...inChunks(chunkOf(stages[0]), [spreading]),
    ...stages.flatMap((stage, i) => {
      const own = layers[i].forward(mode);
      return own.length > 0 ? inChunks(chunkOf(stage), [...fillInputs(stage), ...own]) : [];
    }),
  ];
  const backwardSteps: ChunkedStep[] = [];
  for (const stage of stages.toReversed()) {
    if (!gradients.has(stage.id)) continue;
    const fillGradients = readersOf(stage.id).flatMap(({ id }) => layerOf.get(id)!.fillInputGradient ?? []);
    // The backward pass of an addition reads no values.
    const fills = [...fillGradients, ...(stage.kind === 'add' ? [] : fillInputs(stage))];
    const own = beforeLastChunks(layerOf.get(stage.id)!.backward, fills);
    backwardSteps.push(...inChunks(chunkOf(stage), [...own, ...sumsOf.get(stage.id)!]));
  }
  const measuring = steps('measure');
  const forward = {
    train: steps('train'),
    measure: measuring.slice(0, measuring.findLastIndex(({ settles }) => settles) + 1),
    evaluate: steps('evaluate'),
  };
  return {
    layers,
    pixels,
    logits,
    logitsGradient,
    forward: (mode, images) => runSteps(forward[mode], expectRoom(images, capacity)),
    backward: (images) => runSteps(backwardSteps, expectRoom(images, capacity)),
  };
}

/** Images of the chunks in which a stage runs. */
function chunkFor(stage: Stage): number {
  const written = stage.kind === 'convolutionBlock' ? stage.convolution.output : stage.output;
  const largest = Math.max(imageSize(stage.input), imageSize(written)) * FLOAT_BYTES;
  const cached = Math.min(LARGEST_CHUNK, Math.max(1, Math.floor(CHUNK_BYTES / largest)));
  const isSwept = stage.kind === 'convolutionBlock' || (stage.kind === 'convolution' && isFast3x3(stage));
  return isSwept ? Math.max(cached, sweepsChunk(stage)) : cached;
}

/** Bytes of memory that the simd engine needs for batches of up to `images` images. */
export function memoryBytes(plan: Plan, images: number): number {
  const { space, allocated } = countingSpace();
  createProgram(space, plan, images, { seed: 0 });
  return allocated();
}

/** Checks the number of images, since kernels in C do not check bounds. */
function expectRoom(images: number, capacity: number): number {
  if (Number.isInteger(images) && images >= 0 && images <= capacity) return images;
  throw new RangeError(`Expected at most ${capacity} images, got ${images}.`);
}
