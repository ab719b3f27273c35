/** How sure the predictions of an arm are beside how right they are, and what they cost. */
import { calibrationOf, ensemble, measureAll } from '../../pipeline/index.ts';
import { type Measurement, seenBy } from './measurement.ts';
import { secondsNow } from './seconds.ts';

/** Images that the time is of. */
const TIMED_IMAGES = 10_000;

export const prediction: Measurement = {
  columns: {
    calibrationError: { title: 'calibration error', unit: 'share' },
    predictionSeconds: { title: 'seconds for 10,000 predictions', unit: 'number' },
  },
  async measure(trained) {
    const { network, weights, test } = trained;
    const solutions = await measureAll(network, weights, seenBy(trained));
    const started = secondsNow();
    const probabilities = await ensemble(network, solutions, test);
    const seconds = secondsNow() - started;
    return {
      calibrationError: calibrationOf(probabilities, test.labels, probabilities.length / test.count).error,
      predictionSeconds: (seconds * TIMED_IMAGES) / test.count,
    };
  },
};
