/**
 * Allocates memory for the gradients that stages pass on. In the backward pass a gradient is read once, so a later one
 * can reuse its memory. Steps over chunks are interleaved, so a step over the whole batch must lie between the two
 * uses.
 *
 * Allocation runs twice: a draft finds which gradients share a block and how large the blocks must be.
 */
import type { ImageShape } from '../../../data/index.ts';
import { type Address, type KernelSpace, LANES } from './kernels.ts';
import { allocateFeatureMap, type FeatureMap, type Step } from './layer.ts';

interface Block {
  /** Size of its largest gradient for one image. */
  imageBytes: number;
  /** Number of nodes whose gradients are in it now. */
  users: number;
  /** Number of steps over the whole batch before its last read. */
  freeSince: number;
  /** Unknown in the draft. */
  address?: Address;
}

export interface GradientMemory {
  /** Allocates a map without a halo for `capacity` images. */
  readonly allocate: (space: KernelSpace, shape: ImageShape, capacity: number) => FeatureMap;
  /** Declares that another node's gradient uses the memory of `map` too. */
  readonly share: (map: FeatureMap) => void;
  /** Declares that a node's gradient is not read after the steps that were given to `pass`. */
  readonly release: (map: FeatureMap) => void;
  /** Records steps of the backward pass in their order. */
  readonly pass: (steps: readonly Step[]) => void;
}

export interface DraftMemory extends GradientMemory {
  /** Returns the memory for the same sequence of calls, now that all sizes are known. */
  readonly final: () => GradientMemory;
}

/** The draft. Its maps have no memory. */
export function draftGradientMemory(): DraftMemory {
  const given: Block[] = [];
  const blocks = new Map<Address, Block>();
  let batchSteps = 0;
  const change = (map: FeatureMap, users: number): void => {
    const block = blocks.get(map.address);
    if (!block) return;
    block.users += users;
    if (block.users === 0) block.freeSince = batchSteps;
  };
  return {
    allocate(space, shape, capacity) {
      const map = { ...allocateFeatureMap(space, shape, capacity), address: space.allocate(1) };
      // Padding lanes would keep old values, which may be NaN.
      const isWhole = shape.channels % LANES === 0;
      const free = isWhole ? [...blocks.values()].filter((one) => one.users === 0 && one.freeSince < batchSteps) : [];
      const distance = ({ imageBytes }: Block): number => Math.abs(imageBytes - map.imageBytes);
      const block: Block = free.toSorted((a, b) => distance(a) - distance(b))[0] ?? {
        imageBytes: 0,
        users: 0,
        freeSince: 0,
      };
      block.users = isWhole ? 1 : Infinity;
      block.imageBytes = Math.max(block.imageBytes, map.imageBytes);
      given.push(block);
      blocks.set(map.address, block);
      return map;
    },
    share: (map) => change(map, 1),
    release: (map) => change(map, -1),
    pass(steps) {
      batchSteps += steps.filter(({ scope }) => scope === 'batch').length;
    },
    final() {
      let next = 0;
      return {
        allocate(space, shape, capacity) {
          const block = given[next++];
          block.address ??= space.allocate(block.imageBytes * capacity + REGISTER_BYTES);
          return { ...allocateFeatureMap({ ...space, allocate: () => 0 }, shape, capacity), address: block.address };
        },
        share: nothing,
        release: nothing,
        pass: nothing,
      };
    },
  };
}

/** Kernels may read up to a register beyond the last value. */
const REGISTER_BYTES = 16;
const nothing = (): void => {};
