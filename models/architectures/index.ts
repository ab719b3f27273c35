/** The registry of architectures. To add one: write `models/architectures/<id>.ts` and add its line here. */
import type { Architecture } from '../architecture.ts';
import { deepCnn } from './deep-cnn.ts';
import { digitCnn } from './digit-cnn.ts';
import { mlp } from './mlp.ts';
import { mobileSmall } from './mobile-small.ts';
import { preactResnet20 } from './preact-resnet-20.ts';
import { resnet14 } from './resnet-14.ts';
import { resnet20 } from './resnet-20.ts';
import { resnet32 } from './resnet-32.ts';
import { resnetSmall } from './resnet-small.ts';
import { seResnetSmall } from './se-resnet-small.ts';
import { vggSlim } from './vgg-slim.ts';
import { vggSmall } from './vgg-small.ts';
import { vggWide } from './vgg-wide.ts';
import { wideCnn } from './wide-cnn.ts';
import { wideResnet16 } from './wide-resnet-16-2.ts';
import { knownName } from '../../base/own-value.ts';

const entries = {
  'digit-cnn': digitCnn,
  'deep-cnn': deepCnn,
  mlp,
  'resnet-small': resnetSmall,
  'se-resnet-small': seResnetSmall,
  'mobile-small': mobileSmall,
  'wide-cnn': wideCnn,
  'vgg-small': vggSmall,
  'vgg-slim': vggSlim,
  'vgg-wide': vggWide,
  'resnet-14': resnet14,
  'resnet-20': resnet20,
  'resnet-32': resnet32,
  'preact-resnet-20': preactResnet20,
  'wide-resnet-16-2': wideResnet16,
} as const satisfies Record<string, Architecture>;

export type ModelName = keyof typeof entries;
export const models: Readonly<Record<ModelName, Architecture>> = entries;
export const modelNames = Object.keys(entries) as ModelName[];

/** Checks a name from outside. @throws UserError when there is no architecture of that name */
export const modelName = (name: string): ModelName => knownName('model', name, modelNames.toSorted());

/** @throws UserError when there is no architecture of that name */
export const findModel = (name: string): Architecture => models[modelName(name)];
