/** What studies keep in Optuna's attributes of what Optuna has no place for. */

/** System attribute of a trial: names of the constraints that it set, if others of its study set more. */
export const ownConstraintsAttribute = 'wide-optima:constraints';

/** User attribute of a trial: its number in Optuna, where it has another one here. */
export const numberAttribute = 'optuna:number';
