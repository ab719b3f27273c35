/** Where the pool finds what its threads run for an analysis. */
import { moduleBeside } from '../base/modules.ts';

export const workerFile = moduleBeside(import.meta.url, 'worker');
