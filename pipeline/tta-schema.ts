/** Test-time augmentation as records keep it. */
import { z } from 'zod';
import { augmentationSchema } from './augment.ts';
import { MOST_VIEWS, type TestTimeAugmentation } from './tta.ts';

export const ttaSchema: z.ZodType<TestTimeAugmentation> = z.object(
  {
    views: z.int('a whole number').min(1, 'at least 1').max(MOST_VIEWS, `at most ${MOST_VIEWS}`),
    augmentation: augmentationSchema,
    seed: z.int('a whole number'),
  },
  'a test-time augmentation',
);
