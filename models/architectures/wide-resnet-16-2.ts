/** The WRN-16-2 of Zagoruyko and Komodakis 2016; 691,674 weights for 32×32×3 images and 10 classes. */
import type { Architecture } from '../architecture.ts';
import { preactivated } from './residual.ts';

export const wideResnet16: Architecture = preactivated({ name: 'wide-resnet-16-2', blocks: 2, width: 2 });
