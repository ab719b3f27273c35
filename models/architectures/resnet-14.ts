/** The ResNet-14 of He et al. 2016, two blocks a stage; 175,258 weights for 32×32×3 images and 10 classes. */
import type { Architecture } from '../architecture.ts';
import { residual } from './residual.ts';

export const resnet14: Architecture = residual({ name: 'resnet-14', blocks: 2 });
