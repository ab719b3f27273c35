/** `vgg-wide` with half of its channels: a quarter of the work; 495,962 weights for 32×32×3 images and 10 classes. */
import type { Architecture } from '../architecture.ts';
import { earlyPooled } from './early-pooled.ts';

export const vggSlim: Architecture = earlyPooled({ name: 'vgg-slim', stem: 16, blocks: [32, 128, 128] });
