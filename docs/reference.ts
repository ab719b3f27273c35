/**
 * Writes the reference pages from the sources, so that they say what the program does, and draws the house of the sources: `npm run docs`. Parameters come
 * from their schema, commands and options from the command line itself. `test/docs.test.ts` fails when a page is old.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command as Program, Option } from 'commander';
import { z } from 'zod';
import type { Command, CommandGroup } from '../cli/command.ts';
import { commands } from '../cli/commands/index.ts';
import { commandLine } from '../base/command-line.ts';
import { capitalized } from '../base/format.ts';
import { createProgram } from '../cli/program.ts';
import { settingsSchema } from '../cli/settings.ts';
import { augmentations } from '../data/augment.ts';
import { descriptionSchema } from '../data/description.ts';
import type { Method } from '../pipeline/method.ts';
import { methods } from '../pipeline/methods/index.ts';
import { models } from '../models/index.ts';
import { parametersSchema } from '../pipeline/parameters.ts';
import { recipeSchema } from '../submissions/index.ts';
import { drawHouse, HOUSE } from './house.ts';

/** The part of JSON Schema that the parameters use. */
interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly properties?: Readonly<Record<string, Property>>;
}

/** The pages by their paths from the root of the project. */
export const referencePages = (): Readonly<Record<string, string>> => ({
  'docs/reference/parameters.md': parametersPage(),
  'docs/reference/commands.md': commandsPage(),
  'docs/reference/competition.schema.json': JSON.stringify(
    z.toJSONSchema(descriptionSchema, { io: 'input', unrepresentable: 'any' }),
    null,
    2,
  ),
  'docs/reference/recipe.schema.json': JSON.stringify(recipeJsonSchema(), null, 2),
  'docs/reference/settings.schema.json': JSON.stringify(
    z.toJSONSchema(settingsSchema, { io: 'input', unrepresentable: 'any' }),
    null,
    2,
  ),
});

/** The parameters of a member are checked together with the defaults of its model, and so are any to the schema. */
function recipeJsonSchema(): object {
  const { properties } = z.toJSONSchema(parametersSchema, { io: 'input', unrepresentable: 'any' });
  return z.toJSONSchema(recipeSchema, {
    io: 'input',
    unrepresentable: 'any',
    override({ path, jsonSchema }) {
      if (path.at(-1) === 'parameters') Object.assign(jsonSchema, { properties, additionalProperties: false });
    },
  });
}

const MADE_BY = '`npm run docs` makes this page from the sources. Change it there.';

function parametersPage(): string {
  const schema = z.toJSONSchema(parametersSchema, { io: 'output', unrepresentable: 'any' });
  const properties = schema.properties as Readonly<Record<string, Property>>;
  const own = Object.entries(methods).map(([id, { title, defaults, space }]) => {
    const changed = Object.entries(defaults).filter(([name, value]) => !isDefault(properties[name], value));
    const ranges = Object.entries(space).map(([name, dimension]) => `\`${name}\` ${rangeText(dimension)}`);
    return [
      `\`${id}\``,
      title,
      changed.map(([name, value]) => `\`${name}\` ${shownValue(value)}`).join(', '),
      ranges.join(', '),
    ];
  });
  const ofModels = Object.entries(models).flatMap(([id, { defaults }]) => {
    if (defaults === undefined) return [];
    const parameters = Object.entries(defaults.parameters).map(([name, value]) => `\`${name}\` ${shownValue(value)}`);
    return [[`\`${id}\``, String(defaults.epochs), parameters.join(', ')]];
  });
  const presets = Object.entries(augmentations).map(([name, amounts]) => {
    const used = Object.entries(amounts).filter(
      ([key, amount]) => json(amount) !== json(Object(augmentations.none)[key]),
    );
    return [`\`${name}\``, used.map(([key, amount]) => `\`${key}\` ${shownValue(amount)}`).join(', ') || 'nothing'];
  });
  return [
    '# Parameters of a training',
    `${MADE_BY} [Your own parameters](../parameters.md) shows how a parameter file is used.`,
    'A parameter file holds any of these names. A name that it leaves out keeps the default of the model, else that of the method; the last two tables have these.',
    markdownTable(['parameter', 'values', 'default', 'meaning'], rowsOf(properties)),
    '## Augmentation',
    '`augment` is the name of a preset or an object of these amounts. 0 switches an amount off.',
    markdownTable(['amount', 'values', 'default', 'meaning'], rowsOf(properties.augment.properties ?? {})),
    markdownTable(['preset', 'amounts'], presets),
    '## Methods',
    'The third column has the defaults of the method that differ from the table above. The last one has the ranges that a search varies.',
    markdownTable(['method', 'title', 'defaults', 'searched'], own),
    '## Models',
    'These models have defaults of their own. They count where neither a file, an option nor a search says otherwise, with every method. All other models are trained with the defaults of the method.',
    markdownTable(['model', 'epochs', 'parameters'], ofModels),
  ].join('\n\n');
}

function rowsOf(properties: Readonly<Record<string, Property>>, prefix = ''): string[][] {
  const rows: string[][] = [];
  for (const [name, property] of Object.entries(properties)) {
    const { properties: inner, description = '', default: fallback } = property;
    const shown = inner || fallback === undefined ? '–' : shownValue(fallback);
    rows.push([`\`${prefix}${name}\``, valuesText(property), shown, description]);
    // The amounts of `augment` have a table of their own.
    if (inner && name !== 'augment') rows.push(...rowsOf(inner, `${prefix}${name}.`));
  }
  return rows;
}

function valuesText({ type, enum: names, properties, ...range }: Property): string {
  if (names) return names.map((name) => `\`${name}\``).join(', ');
  if (properties) return 'object';
  if (type === 'boolean') return 'true, false';
  const { minimum, exclusiveMinimum, maximum = Infinity, exclusiveMaximum } = range;
  const isFrom = exclusiveMinimum === undefined;
  const low = isFrom ? `from ${minimum}` : `above ${exclusiveMinimum}`;
  const most = maximum < Number.MAX_SAFE_INTEGER ? `${isFrom ? ' to' : ', at most'} ${maximum}` : '';
  const high = exclusiveMaximum === undefined ? most : `, below ${exclusiveMaximum}`;
  return `${type === 'integer' ? 'whole number' : 'number'} ${low}${high}`;
}

function rangeText(dimension: Method['space'][string]): string {
  if (dimension.kind === 'categorical') return `one of ${dimension.choices.join(', ')}`;
  const scale = dimension.kind === 'float' && dimension.log ? ', logarithmic' : '';
  return `${dimension.low} to ${dimension.high}${scale}`;
}

const isDefault = ({ default: fallback }: Property, value: unknown): boolean => json(fallback) === json(value);
const json = (value: unknown): string => JSON.stringify(value) ?? '';
/** A word as it is, a list with commas, an object as code. */
function shownValue(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? `\`${json(value)}\`` : json(value);
}

/** A command as it was defined, and as commander sees it. */
interface Entry {
  readonly words: string;
  readonly definition: Command;
  readonly program: Program;
}

function commandsPage(): string {
  const program = createProgram(commands, async () => {});
  const all = commands.flatMap((command) => entriesOf(command, program, ''));
  const shared = all.map((entry) => visibleOptions(entry.program).map(({ long }) => long));
  const common = new Set(shared[0].filter((long) => shared.every((longs) => longs.includes(long))));
  const rows = commands.map((command) => [`[\`${command.name}\`](#${command.name})`, sentence(command.summary)]);
  const commonRows = optionRows(all[0].program, (option) => common.has(option.long));
  return [
    '# Commands',
    MADE_BY,
    markdownTable(['command', 'what it does'], rows),
    'Every command has these options:',
    markdownTable(['option', 'meaning', 'default'], commonRows),
    'Exit codes: 0 means done, 1 failed (a training diverged, for example), 2 wrong usage or input, 130 or 143 interrupted.',
    ...commands.flatMap((command) => {
      const sections = alike(entriesOf(command, program, '')).flatMap((entries) => sectionOf(entries, common));
      return [`## ${command.name}`, sentence(command.summary)].concat(sections);
    }),
  ].join('\n\n');
}

function entriesOf(command: Command | CommandGroup, parent: Program, prefix: string): Entry[] {
  const program = parent.commands.find((known) => known.name() === command.name)!;
  const words = `${prefix}${command.name}`;
  if ('run' in command) return [{ words, definition: command, program }];
  return command.commands.flatMap((member) => entriesOf(member, program, `${words} `));
}

/** Neighbours that differ in name and summary alone, as the experiments do, share a section. */
function alike(entries: readonly Entry[]): Entry[][] {
  const key = ({ definition: { options, files, defaults } }: Entry): string => json([options, files, defaults]);
  const groups: Entry[][] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last && key(last[0]) === key(entry)) last.push(entry);
    else groups.push([entry]);
  }
  return groups;
}

/** @param entries one command, or several that share all but name and summary */
function sectionOf(entries: readonly Entry[], common: ReadonlySet<string | undefined>): string[] {
  const [{ words, definition, program }] = entries;
  const isAlone = entries.length === 1;
  const help = program.createHelp();
  const usage = isAlone ? help.commandUsage(program) : help.commandUsage(program).replace(definition.name, 'NAME');
  const files = program.registeredArguments.map((file) => [
    `\`${help.argumentTerm(file)}\``,
    plain(file.description),
    '–',
  ]);
  const rows = [...files, ...optionRows(program, (option) => !common.has(option.long))];
  const names = entries.map((entry) => [`\`${entry.words}\``, sentence(entry.definition.summary)]);
  return [
    ...(isAlone ? [] : [markdownTable(['command', 'what it does'], names)]),
    ...(isAlone && words.includes(' ') ? [`### ${words}`, sentence(definition.summary)] : []),
    `\`\`\`\n${usage}\n\`\`\``,
    ...(rows.length > 0 ? [markdownTable(['option', 'meaning', 'default'], rows)] : []),
    `\`\`\`sh\n${exampleLines(words, definition)}\n\`\`\``,
  ];
}

function exampleLines(words: string, { examples }: Command): string {
  const [name, ...member] = words.split(' ');
  const lines = examples.map(([typed, reason]) => {
    const rest = [...member, ...(typed === '' ? [] : [typed])];
    return [commandLine(name, ...rest), reason] as const;
  });
  const width = Math.max(...lines.map(([line]) => line.length));
  return lines.map(([line, reason]) => `${line.padEnd(width)}  # ${reason}`).join('\n');
}

const visibleOptions = (program: Program): Option[] => program.createHelp().visibleOptions(program);

function optionRows(program: Program, isShown: (option: Option) => boolean): string[][] {
  return visibleOptions(program)
    .filter(isShown)
    .map((option) => {
      // Without a value of its own the option says its default in its description.
      const [, description, fallback] = /^(.*?)(?: \(default: (.*)\))?$/s.exec(option.description)!;
      const value =
        option.defaultValueDescription ??
        (isShownValue(option.defaultValue) ? shownValue(option.defaultValue) : fallback);
      // The number of cores is that of the machine.
      return [`\`${option.flags}\``, plain(description), plain(value?.replace(/, here \d+$/, '') ?? '–')];
    });
}

/** Text that Markdown shows as it is. */
const plain = (text: string): string => text.replaceAll('<', String.raw`\<`);
/** A switch says itself what it does. */
const isShownValue = (value: unknown): boolean => value !== undefined && typeof value !== 'boolean';

const sentence = (text: string): string => `${capitalized(text)}${/[.?]$/.test(text) ? '' : '.'}`;

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, text] of [...Object.entries(referencePages()), [HOUSE, await drawHouse()]]) {
    const file = join(import.meta.dirname, '..', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${text}\n`);
  }
}
