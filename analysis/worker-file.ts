/** Address of the module that the pool's threads run for an analysis. */
import { moduleBeside } from '../base/modules.ts';

export const workerFile = moduleBeside(import.meta.url, 'worker');
