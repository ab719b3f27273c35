/** SWA's learning rate: all arms share their first three quarters, whose rate falls to a tenth. */
import { above, type Arm, type Experiment, of } from '../experiment.ts';
import { constantSwa, descent, onFashion, sizes } from './common.ts';

const RATES = [0.002, 0.1, 0.3, 1, 3, 10];
const swa = (swaRate: number): Arm => ({ method: 'swa', parameters: { swaRate } });

export const swaLr: Experiment = {
  question: 'Is there a best learning rate for the averaging phase, with worse ones on both sides?',
  sources: ['Izmailov et al. 2018, arXiv:1803.05407, section 4.4'],
  ...onFashion,
  parameters: { ...descent, ...constantSwa, finalRate: 0.1 },
  arms: Object.fromEntries(RATES.map((rate) => [`swa-${rate}`, swa(rate)])),
  sweep: { over: 'swaRate', lines: { SWA: RATES.map((rate) => `swa-${rate}`) } },
  claims: [
    above('A rate of 1 η is better than one of 0.002 η', of('swa-1'), of('swa-0.002')),
    above('A rate of 1 η is better than one of 10 η', of('swa-1'), of('swa-10')),
  ],
  ...sizes,
  minutes: 5,
};
