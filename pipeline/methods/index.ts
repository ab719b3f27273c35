/** Every method that can be searched, submitted and compared: a new one is a file beside this one and a line here. */
import { UserError } from '../../base/user-error.ts';
import type { Method } from '../method.ts';
import { bootstrap } from './bootstrap.ts';
import { ema } from './ema.ts';
import { fge } from './fge.ts';
import { plain } from './plain.ts';
import { samSwa } from './sam-swa.ts';
import { sam } from './sam.ts';
import { snapshot } from './snapshot.ts';
import { swa } from './swa.ts';
import { unknownName } from '../../base/own-value.ts';

export const methods: Readonly<Record<string, Method>> = {
  plain,
  swa,
  ema,
  fge,
  snapshot,
  sam,
  'sam+swa': samSwa,
  bootstrap,
};

const AVERAGE = '-average';

/** @throws UserError when there is no method of that name */
export function findMethod(id: string): Method {
  if (Object.hasOwn(methods, id)) return methods[id];
  throw new UserError(unknownName('method', id, Object.keys(methods)));
}

/** What the method of a run is called when its solutions were averaged afterwards: `fge-average`. */
export const averageOf = (id: string): string => `${id}${AVERAGE}`;

/** The method that a run was trained with, for its title and settings; also of averages. */
export function methodOfRun(id: string): Method {
  if (!id.endsWith(AVERAGE)) return findMethod(id);
  const method = findMethod(id.slice(0, -AVERAGE.length));
  return { ...method, title: `${method.title}, averaged` };
}
