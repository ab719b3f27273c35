/**
 * A VGG for long trainings, with 64, 256 and 256 channels; 1,978,026 weights for 32×32×3 images and 10 classes. These
 * are the widths of Jordan 2024, arXiv:2404.00498.
 */
import type { Architecture } from '../architecture.ts';
import { earlyPooled } from './early-pooled.ts';

export const vggWide: Architecture = earlyPooled({ name: 'vgg-wide', stem: 32, blocks: [64, 256, 256] });
