/**
 * Memory of the gradients that stages pass on. On the way back a gradient is read once, so that its memory can go to a
 * later one; but steps over chunks run hand in hand, so only when a step over the whole batch lies in between.
 *
 * Memory is given out twice: a draft finds out which gradients share a block and how large blocks must be.
 */
import type { ImageShape } from '../../../data/index.ts';
import { type Address, type KernelSpace, LANES } from './kernels.ts';
import { allocateFeatureMap, type FeatureMap, type Step } from './layer.ts';

interface Block {
  /** The size of the largest gradient in it. */
  imageBytes: number;
  /** Nodes whose gradients lie in it. */
  users: number;
  /** Steps over the whole batch before it was read for the last time. */
  freeSince: number;
  /** Not known in the draft. */
  address?: Address;
}

export interface GradientMemory {
  /** A map without a halo for `capacity` images. */
  readonly allocate: (space: KernelSpace, shape: ImageShape, capacity: number) => FeatureMap;
  /** Another node's gradient lies in the memory of `map` from now on. */
  readonly share: (map: FeatureMap) => void;
  /** A node's gradient is not read any more once the steps that were given to `pass` have run. */
  readonly release: (map: FeatureMap) => void;
  /** Steps of the way back, in their order. */
  readonly pass: (steps: readonly Step[]) => void;
}

export interface DraftMemory extends GradientMemory {
  /** For the same calls again, now that all sizes are known. */
  readonly final: () => GradientMemory;
}

/** The draft: its maps lie nowhere. */
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
      // Where lanes are no channels, what is left there from before could be no number.
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
