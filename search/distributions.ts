/** What a parameter may be: plain JSON that is checked once and then compared, stored and sampled as it is. */

export type ParameterValue = number | string | boolean | null;
export type Params = Readonly<Record<string, ParameterValue>>;

/** Real numbers in [low, high]: on the grid low, low + step, … if there is a step, even in the logarithm if `log`. */
export interface FloatDistribution {
  readonly kind: 'float';
  readonly low: number;
  readonly high: number;
  readonly step?: number;
  readonly log?: boolean;
}

/** Integers in [low, high], every `step`-th (default: 1) or even in the logarithm. */
export interface IntDistribution {
  readonly kind: 'int';
  readonly low: number;
  readonly high: number;
  readonly step?: number;
  readonly log?: boolean;
}

/** One of a list of different values without order. */
export interface CategoricalDistribution {
  readonly kind: 'categorical';
  readonly choices: readonly ParameterValue[];
}

export type NumericDistribution = FloatDistribution | IntDistribution;
export type Distribution = NumericDistribution | CategoricalDistribution;

/** A search space as data: the distribution of every parameter by its name. */
export type SearchSpace = Readonly<Record<string, Distribution>>;

const knownKeys: Record<Distribution['kind'], readonly string[]> = {
  float: ['kind', 'low', 'high', 'step', 'log'],
  int: ['kind', 'low', 'high', 'step', 'log'],
  categorical: ['kind', 'choices'],
};
/** Slack for grids such as 0, 0.1, … 0.5, whose steps binary numbers hit only nearly; in steps. */
const gridTolerance = 1e-8;

/**
 * Checks a distribution and returns it in the one form that is stored: defaults left out, keys in order, so that two
 * distributions are the same exactly if their JSON is.
 * @throws RangeError that names parameter, value and remedy
 */
export function parseDistribution(name: string, distribution: Distribution): Distribution {
  if (name === '' || name in Object.prototype) {
    throw new RangeError(`Expected a parameter name that is a word of its own, got ${JSON.stringify(name)}.`);
  }
  const known = knownKeys[distribution.kind];
  if (known === undefined) {
    throw new RangeError(
      `Expected \`${name}\` of kind float, int or categorical, got ${JSON.stringify(distribution.kind)}.`,
    );
  }
  const unknown = Object.keys(distribution).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new RangeError(`Unknown key \`${unknown}\` of \`${name}\`. Known: ${known.join(', ')}.`);
  }
  return distribution.kind === 'categorical' ? parseCategorical(name, distribution) : parseNumeric(name, distribution);
}

/** Checks every distribution of a search space. @throws RangeError */
export function parseSpace(space: SearchSpace): SearchSpace {
  if (Object.keys(space).length === 0) throw new RangeError('Expected a search space with a parameter, got none.');
  return Object.fromEntries(
    Object.entries(space).map(([name, distribution]) => [name, parseDistribution(name, distribution)]),
  );
}

export function sameDistribution(a: Distribution, b: Distribution): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Whether the distribution can give this value. */
export function contains(distribution: Distribution, value: ParameterValue): boolean {
  if (distribution.kind === 'categorical') return distribution.choices.includes(value);
  if (typeof value !== 'number' || !(value >= distribution.low && value <= distribution.high)) return false;
  const step = stepOf(distribution);
  return step === 0 || isWhole((value - distribution.low) / step);
}

/** Whether the value is of the distribution's kind, inside of its range or not. */
export function resembles(distribution: Distribution, value: ParameterValue): boolean {
  if (distribution.kind === 'categorical') return distribution.choices.includes(value);
  return distribution.kind === 'int' ? Number.isSafeInteger(value) : Number.isFinite(value);
}

/** @throws RangeError if a value is of no parameter of the space, or not of its kind */
export function expectValues(space: SearchSpace, params: Params): void {
  for (const [name, value] of Object.entries(params)) {
    const distribution = space[name];
    if (distribution === undefined) {
      throw new RangeError(`Unknown parameter \`${name}\`. Known: ${Object.keys(space).join(', ')}.`);
    }
    if (!resembles(distribution, value)) {
      throw new RangeError(
        `Expected \`${name}\` to be a value like those of ${describeDistribution(distribution)}, ` +
          `got ${JSON.stringify(value)}.`,
      );
    }
  }
}

/** The only value of a distribution that leaves no choice, else undefined. */
export function onlyValue(distribution: Distribution): ParameterValue | undefined {
  if (distribution.kind === 'categorical') {
    return distribution.choices.length === 1 ? distribution.choices[0] : undefined;
  }
  return distribution.low === distribution.high ? distribution.low : undefined;
}

/** Distance of neighbouring values; 0 for a float without steps. */
export function stepOf(distribution: NumericDistribution): number {
  return distribution.step ?? (distribution.kind === 'int' ? 1 : 0);
}

/** In words, for messages: `float [0.00001, 1] log`, `int [1, 30]`, `categorical [16, 32]`. */
export function describeDistribution(distribution: Distribution): string {
  if (distribution.kind === 'categorical') return `categorical ${JSON.stringify(distribution.choices)}`;
  const { kind, low, high, step, log } = distribution;
  return `${kind} [${low}, ${high}]${step === undefined ? '' : ` step ${step}`}${log === true ? ' log' : ''}`;
}

function parseCategorical(name: string, { kind, choices }: CategoricalDistribution): CategoricalDistribution {
  if (!Array.isArray(choices) || choices.length === 0) {
    throw new RangeError(`Expected \`${name}\` with at least one choice, got ${JSON.stringify(choices)}.`);
  }
  for (const [index, choice] of choices.entries()) {
    const plain = choice === null || ['string', 'boolean'].includes(typeof choice) || Number.isFinite(choice);
    if (!plain) {
      throw new RangeError(`Expected choices of \`${name}\` that JSON can hold, got ${String(choice)}.`);
    }
    if (choices.indexOf(choice) !== index) {
      throw new RangeError(`Expected different choices of \`${name}\`, got ${JSON.stringify(choice)} twice.`);
    }
  }
  return { kind, choices: [...choices] };
}

function parseNumeric(name: string, distribution: NumericDistribution): NumericDistribution {
  const { kind, low, high, step, log } = distribution;
  const isBound = kind === 'int' ? Number.isSafeInteger : Number.isFinite;
  for (const [key, bound] of Object.entries({ low, high, ...(step === undefined ? {} : { step }) })) {
    if (!isBound(bound)) {
      const expected = kind === 'int' ? 'an integer' : 'a finite number';
      throw new RangeError(`Expected \`${key}\` of \`${name}\` to be ${expected}, got ${String(bound)}.`);
    }
  }
  if (low > high) throw new RangeError(`Expected \`${name}\` with low ≤ high, got low ${low} and high ${high}.`);
  if (step !== undefined && step <= 0) throw new RangeError(`Expected \`step\` of \`${name}\` above 0, got ${step}.`);
  const span = high - low;
  if (step !== undefined && !isWhole(span / step)) {
    const lower = tidy(low + Math.floor(span / step) * step);
    throw new RangeError(
      `Expected high − low of \`${name}\` to be whole steps of ${step}, got ${tidy(span)}: use high ${lower}.`,
    );
  }
  if (log === true && step !== undefined && !(kind === 'int' && step === 1)) {
    throw new RangeError(`Expected \`${name}\` with a step or in the logarithm, got both: leave one out.`);
  }
  const least = kind === 'int' ? 1 : Number.MIN_VALUE;
  if (log === true && low < least) {
    throw new RangeError(
      `Expected \`low\` of \`${name}\` ${kind === 'int' ? 'at least 1' : 'above 0'} in the logarithm, got ${low}.`,
    );
  }
  return {
    kind,
    low,
    high,
    ...(step === undefined || (kind === 'int' && step === 1) ? {} : { step }),
    ...(log === true ? { log } : {}),
  };
}

function isWhole(steps: number): boolean {
  return Math.abs(steps - Math.round(steps)) < gridTolerance;
}

/** The decimal that was meant: 0.3 for 0.1 × 3. */
export function tidy(value: number): number {
  return Number(value.toPrecision(15));
}
