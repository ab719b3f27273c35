/** The ResNet-32 of He et al. 2016, five blocks a stage; 466,906 weights for 32×32×3 images and 10 classes. */
import type { Architecture } from '../architecture.ts';
import { residual } from './residual.ts';

export const resnet32: Architecture = residual({ name: 'resnet-32', blocks: 5 });
