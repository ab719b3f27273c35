/** How an owner is stored. It stands beside `owner.ts` because a study in memory needs owners, but no zod. */
import { z } from 'zod';
import type { Owner } from './owner.ts';

export const ownerSchema: z.ZodType<Owner> = z.object({
  token: z.string(),
  host: z.string(),
  namespace: z.string(),
  pid: z.int(),
  processStart: z.string(),
});
