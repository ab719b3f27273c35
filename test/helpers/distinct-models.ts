/** The registered models for tests that take long: networks that only repeat the blocks of `resnet-14` are left out. */
import { modelNames } from '../../models/architectures/index.ts';

export const distinctModels = modelNames.filter((name) => name !== 'resnet-20' && name !== 'resnet-32');
