/** Allocates the feature maps: which share memory, which have a halo, and which have padded channels. */
import type { Stage, StageOf } from '../fuse.ts';
import type { NodeId, Plan } from '../plan.ts';
import { FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import { patchHalo } from './convolution.ts';
import { isFast3x3 } from './convolution-3x3.ts';
import { sweepsHalo } from './sweeps.ts';
import { allocateFeatureMap, type FeatureMap, type Halo, pixelsOf } from './layer.ts';

const NO_HALO: Halo = { halo: 0, multiple: 1 };

const isCheap = ({ activation: { name } }: StageOf<'activation'>): boolean => name === 'relu6' || name === 'leakyRelu';

/** The halo that a stage needs around its input. */
export function inputHalo(stage: Stage): Halo {
  if (stage.kind === 'convolutionBlock') return sweepsHalo(stage);
  if (stage.kind === 'convolution') return isFast3x3(stage) ? sweepsHalo(stage) : patchHalo(stage);
  return NO_HALO;
}

/** One map for each node that a stage writes. Some share the memory of their source, and some hold only one chunk. */
export function allocateMaps(
  space: KernelSpace,
  plan: Plan,
  stages: readonly Stage[],
  capacity: number,
  chunkOf: (stage: Stage) => number,
): Map<NodeId, FeatureMap> {
  const readers = (id: NodeId): Stage[] => stages.filter(({ sources }) => sources.includes(id));
  const areAll = (found: readonly Stage[], ...kinds: Stage['kind'][]): boolean =>
    found.every(({ kind }) => kinds.includes(kind));
  /** The halo of a node if all of its readers need the same one, else none. */
  const haloFor = (id: NodeId): Halo => {
    const halos = readers(id).map(inputHalo);
    const [first = NO_HALO] = halos;
    return halos.every(({ halo, multiple }) => halo === first.halo && multiple === first.multiple) ? first : NO_HALO;
  };
  /**
   * A norm, and a ReLU6 or leaky ReLU after one, are cheap enough to be computed again where they are read, chunk by
   * chunk.
   */
  const keepsChunk = (stage: Stage): boolean => {
    const found = readers(stage.id);
    if (found.length !== 1) return false;
    const readsChunks = areAll(found, 'convolutionBlock', 'convolution', 'depthwise', 'add');
    if (stage.kind === 'norm') return readsChunks || areAll(found, 'activation');
    if (stage.kind !== 'activation' || !readsChunks || !isCheap(stage)) return false;
    const before = stages.find(({ id }) => id === stage.sources[0]);
    return before !== undefined && before.kind === 'norm' && keepsChunk(before);
  };
  /** A map of a chunk is written right before its reader runs, in the chunks of that. */
  const keptImages = (stage: Stage): number => {
    let last = stage;
    while (keepsChunk(last)) [last] = readers(last.id);
    return last === stage ? capacity : chunkOf(last);
  };
  const maps = new Map<NodeId, FeatureMap>();
  /** Maps that only one stage reads, directly or through a view. */
  const exclusive = new Set<NodeId>();

  const readsPixels = readers(0).flatMap((stage) => {
    const behind = stage.kind === 'flatten' ? readers(stage.id) : [];
    return behind.length > 0 ? behind : [stage];
  });
  // A stage that reads single floats needs no padding, and convolutions of 1 or 3 channels are faster without it.
  const padChannels = !areAll(readsPixels, 'convolutionBlock', 'convolution', 'dense');
  maps.set(0, allocateFeatureMap(space, plan.input, capacity, { ...haloFor(0), padChannels }));

  for (const stage of stages) {
    const source = maps.get(stage.sources[0])!;
    const ownsSource = exclusive.has(stage.sources[0]);
    if (readers(stage.id).length <= 1) exclusive.add(stage.id);
    if (stage.kind === 'flatten' && (source.channels === source.shape.channels || pixelsOf(source.shape) === 1)) {
      maps.set(stage.id, view(source, stage.output));
      if (!ownsSource) exclusive.delete(stage.id);
    } else if ((stage.kind === 'relu' || stage.kind === 'dropout') && ownsSource) {
      maps.set(stage.id, source);
    } else {
      const mayHaveHalo = stage.kind === 'convolutionBlock' || stage.kind === 'norm';
      const halo = mayHaveHalo ? haloFor(stage.id) : NO_HALO;
      maps.set(stage.id, allocateFeatureMap(space, stage.output, keptImages(stage), halo));
    }
  }
  return maps;
}

/** A view of the same memory with another shape, without a halo: dense floats, or one pixel. */
export function view(map: FeatureMap, shape: FeatureMap['shape']): FeatureMap {
  const isFlat = pixelsOf(shape) === 1;
  const channels = isFlat ? map.imageBytes / FLOAT_BYTES : quadsOf(shape.channels) * LANES;
  const rowBytes = shape.width * channels * FLOAT_BYTES;
  return { ...map, shape, channels, rowBytes };
}
