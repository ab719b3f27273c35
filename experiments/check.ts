/** Finds what is wrong with an experiment before anything is trained. */
import { checkedName } from '../base/checked-name.ts';
import { knownName } from '../base/own-value.ts';
import { UserError } from '../base/user-error.ts';
import { expectTwoPoints, methodNames } from '../pipeline/index.ts';
import { type Experiment, type Quantity, resolveArm, type Scale } from './experiment.ts';
import { columnsOf } from './measurements/index.ts';

/**
 * @throws UserError for a claim or a sweep about an arm or a metric that there is not, the name of an arm that cannot be
 *   part of a file name, wrong parameters, and an arm that is too short for what it averages
 */
export function checkExperiment(experiment: Experiment, scale: Scale): void {
  const arms = Object.keys(experiment.arms);
  const metrics = Object.keys(columnsOf(experiment.measurements));
  const expectKnown = ({ arm, metric }: Quantity): void => {
    knownName('arm of a claim', arm, arms);
    knownName('metric of a claim', metric, metrics);
  };
  for (const { value, than } of experiment.claims)
    for (const one of [value, than]) if (typeof one === 'object') expectKnown(one);
  for (const arm of Object.values(experiment.sweep?.lines ?? {}).flat()) knownName('arm of the sweep', arm, arms);
  for (const arm of arms) {
    checkedName(arm, 'the name of an arm');
    const { epochs, beside, ...resolved } = resolveArm(experiment, arm, scale);
    if (epochs < 1)
      throw new UserError(`Expected arm ${arm} to have at least one epoch, got none. Give it a larger budget.`);
    for (const { method, parameters } of [resolved, ...(beside ? [beside] : [])]) {
      const known = methodNames.find((name) => name === method);
      if (known) expectTwoPoints(known, parameters, epochs, Math.ceil(scale.train / parameters.batchSize));
    }
  }
}
