/** Runs steps over the images of a batch. */
import type { Step } from './layer.ts';

export interface ChunkedStep extends Step {
  /** Most images of a chunk. */
  readonly chunk: number;
}

export const inChunks = (chunk: number, steps: readonly Step[]): ChunkedStep[] =>
  steps.map((step) => ({ ...step, chunk }));

/** Inserts `more` before the last steps that run chunk by chunk together. */
export function beforeLastChunks(steps: readonly Step[], more: readonly Step[]): Step[] {
  const at = steps.findLastIndex(({ scope }) => scope === 'batch') + 1;
  return [...steps.slice(0, at), ...more, ...steps.slice(at)];
}

/** Runs the steps. Neighbouring steps over chunks of the same size are interleaved. */
export function runSteps(steps: readonly ChunkedStep[], images: number): void {
  for (let start = 0; start < steps.length;) {
    const { scope, chunk } = steps[start];
    let end = start + 1;
    if (scope === 'batch') {
      steps[start].run(0, images);
    } else {
      while (steps[end]?.scope === 'chunk' && steps[end].chunk === chunk) end++;
      for (let first = 0; first < images; first += chunk) {
        const count = Math.min(chunk, images - first);
        for (let i = start; i < end; i++) steps[i].run(first, count);
      }
    }
    start = end;
  }
}
