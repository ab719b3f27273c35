/** The ResNet-20 of He et al. 2016, three blocks a stage; 272,474 weights for 32×32×3 images and 10 classes. */
import type { Architecture } from '../architecture.ts';
import { residual } from './residual.ts';

export const resnet20: Architecture = residual({ name: 'resnet-20', blocks: 3 });
