/** A ResNet-20 with preactivation, He et al. 2016; 272,282 weights for 32×32×3 images and 10 classes. */
import type { Architecture } from '../architecture.ts';
import { preactivated } from './residual.ts';

export const preactResnet20: Architecture = preactivated({ name: 'preact-resnet-20', blocks: 3, width: 1 });
