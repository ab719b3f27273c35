/** What an option is: its flag, its help, and how its text becomes a checked value. */
import { Option } from 'commander';
import { UserError } from '../base/user-error.ts';

interface Definition<T> {
  readonly flags: string;
  readonly description: string;
  /** @param flag the option's name, for the message @throws UserError naming what was expected and what came */
  readonly parse: (text: string, flag: string) => T;
  /** What the help says instead of the value. */
  readonly shownFallback?: string;
}

export interface OptionDefinition<T> extends Definition<T> {
  readonly fallback: T;
}

/** The options of a command by the names that its values have, in the order of the help. */
export type Options = Readonly<Record<string, OptionDefinition<unknown>>>;

export type OptionValues<Of extends Options> = { readonly [Name in keyof Of]: Of[Name]['fallback'] };

/** Infers the type of the value from `parse`. */
export const option = <T>(definition: Definition<T> & { readonly fallback: NoInfer<T> }): OptionDefinition<T> =>
  definition;

/** An option whose value is undefined unless it is given. */
export const optional = <T>(
  definition: Definition<T> & { readonly shownFallback: string },
): OptionDefinition<T | undefined> => ({ ...definition, fallback: undefined });

/** The option for a command that must know whether it was given. @param shown what stands for it otherwise */
export const unlessGiven = <T>(definition: OptionDefinition<T>, shown: string): OptionDefinition<T | undefined> => ({
  ...definition,
  fallback: undefined,
  shownFallback: shown,
});

/** An option without a value. */
export const toggle = (flags: string, description: string): OptionDefinition<boolean> => ({
  flags,
  description,
  parse: () => true,
  fallback: false,
});

export const LARGEST_COUNT = 100_000;

/** `--epochs` of the flags `-e, --epochs <n>` */
export const longFlag = (flags: string): string => flags.split(/[ ,]+/).find((part) => part.startsWith('--'))!;

/**
 * The commander option; its value arrives checked.
 * @param name that the value has
 * @param instead in place of the option's own fallback, and what the help says of it
 */
export function createOption(
  name: string,
  { flags, description, parse, fallback, ...definition }: OptionDefinition<unknown>,
  instead?: { readonly value: unknown; readonly shown?: string },
): Option {
  const flag = longFlag(flags);
  const value = instead?.value ?? fallback;
  const shown = instead === undefined ? definition.shownFallback : instead.shown;
  // Commander would put quotation marks around a text.
  const shownFallback = shown ?? (typeof value === 'string' ? value : undefined);
  // Commander is silent about a default that is undefined.
  let isGiven = false;
  const created = new Option(flags, value === undefined ? `${description} (default: ${shownFallback})` : description)
    .argParser((text) => {
      if (isGiven) throw new UserError(`Expected ${flag} once, got it twice. Leave one out.`);
      isGiven = true;
      return parse(text, flag);
    })
    .default(value, shownFallback);
  created.attributeName = () => name;
  return created;
}

/** Another name for an engine, as compilers have it. */
export const FAST_MATH = 'simd:fast-math';

/** Without `implies`: to commander the implied engine would be one that was given beside it. */
export const fastMath = (): Option =>
  new Option(
    '--fast-math',
    'let the simd engine fuse multiply-adds: faster, but with other bytes than without',
  ).conflicts('engine');
