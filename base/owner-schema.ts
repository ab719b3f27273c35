/** Schema of a stored owner. It is not in `owner.ts`, since a study in memory needs owners, but not zod. */
import { z } from 'zod';
import type { Owner } from './owner.ts';

export const ownerSchema: z.ZodType<Owner> = z.object({
  token: z.string(),
  host: z.string(),
  namespace: z.string(),
  pid: z.int(),
  processStart: z.string(),
});
