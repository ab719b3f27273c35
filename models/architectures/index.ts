/** The registry of architectures. To add one: write `models/architectures/<id>.ts` and add its line here. */
import { UserError } from '../../base/user-error.ts';
import type { Architecture } from '../architecture.ts';
import { digitCnn } from './digit-cnn.ts';
import { mlp } from './mlp.ts';
import { resnetSmall } from './resnet-small.ts';
import { wideCnn } from './wide-cnn.ts';
import { unknownName } from '../../base/own-value.ts';

export const models: Readonly<Record<string, Architecture>> = {
  'digit-cnn': digitCnn,
  mlp,
  'resnet-small': resnetSmall,
  'wide-cnn': wideCnn,
};

/** @throws UserError when no architecture has this id. */
export function findModel(id: string): Architecture {
  if (!Object.hasOwn(models, id)) {
    throw new UserError(unknownName('model', id, Object.keys(models).toSorted()));
  }
  return models[id];
}
