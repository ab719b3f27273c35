import test from 'ava';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command, CommandGroup } from '../../cli/command.ts';
import { commands } from '../../cli/commands/index.ts';
import { createProgram, type Values } from '../../cli/program.ts';
import { allCommands, runHere } from './in-process.ts';
import type { Ended } from './process.ts';

let seen: Values | undefined;
const asked = (command: Command): Command => ({
  ...command,
  run: async (values) => {
    seen = values;
    return { json: {}, text: '' };
  },
});
/** The commands, which only keep the values that reach them. */
const stubs: readonly (Command | CommandGroup)[] = commands.map((entry) =>
  'run' in entry ? asked(entry) : { name: entry.name, summary: entry.summary, commands: entry.commands.map(asked) },
);

const runStub = (words: readonly string[]): Promise<Ended> => runHere(words, stubs);

/** What stands for the files that a command cannot do without. */
const filesOf = ({ files }: Command): string[] => (files?.syntax.startsWith('<') ? ['a-file'] : []);

// Options that name files find none here.
const folder = mkdtempSync(join(tmpdir(), 'wide-optima-'));
process.chdir(folder);
test.after.always(() => rmSync(folder, { recursive: true }));

test.serial('--fast-math alone chooses the engine that may fuse, in every command that has an engine', async (t) => {
  const withEngine = allCommands.filter(({ command }) => 'engine' in command.options);
  t.true(withEngine.length > 10, `${withEngine.length}`);
  for (const { words, command } of withEngine) {
    const files = filesOf(command);
    t.is((await runStub([...words, '--fast-math', ...files])).code, 0, words.join(' '));
    t.is(seen?.engine, 'simd:fast-math');
    t.false('fastMath' in seen!);
    await runStub([...words, ...files]);
    t.is(seen?.engine, 'simd');
    const both = await runStub([...words, '--fast-math', '--engine', 'tfjs', ...files]);
    t.is(both.code, 2);
    t.regex(both.stderr, /^Option '--fast-math' cannot be used with option '--engine <name>'\. See --help\.\n$/);
  }
});

const hostile: Readonly<Record<string, string>> = {
  nothing: '',
  'no number': 'NaN',
  'an infinite one': 'Infinity',
  'a negative one': '-1',
  'one beyond all': '1e400',
  'many digits': '9'.repeat(400),
  'a fraction': '0.5.5',
  'a control sequence': '\u001B]0;x\u0007\u009B2J\u202E\n',
  'a name of every object': '__proto__',
  'another such name': 'constructor',
  'a long text': 'x'.repeat(5_000),
  brackets: '['.repeat(50_000),
  'an object in an object': '{"a":'.repeat(50_000),
  'a device': '/dev/zero',
};
/** For an option that commands share, which was tried with all of them at the first: every command is tried. */
const few = new Set(['nothing', 'a negative one', 'a control sequence', 'a name of every object']);
/** One line in which everything can be seen. */
const oneSentence = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{10,2000}\n$/u;
/** Options that take any text. */
const texts = new Set([
  '--params',
  '--study',
  '--prior',
  '--recipe',
  '--storage',
  '--to',
  '--solution',
  '--out-dir',
  '--run',
  '--out',
  '--output',
  '--message',
]);
const freeNames = new Set([
  ...texts,
  '--submission',
  '--output',
  '--name',
  '--tag',
  '--out-of-fold',
  '--engine',
  '--data-dir',
  '--space',
  '--enqueue',
  '--fix',
]);

/** Options that take numbers of any sign. */
const numbers = new Set(['--value', '--add']);

test.serial('whatever is typed after an option, a refusal is one sentence that says what was expected', async (t) => {
  const program = createProgram(stubs, async () => {});
  let refused = 0;
  const tried = new Set<unknown>();
  for (const { words, command } of allCommands) {
    const typed = words.reduce((inner, word) => inner.commands.find((one) => one.name() === word)!, program);
    for (const { long, required, flags } of typed.options.filter((option) => option.required)) {
      t.true(required);
      const definition = Object.values(command.options).find((option) => option.flags === flags);
      t.truthy(definition, flags);
      const values = Object.entries(hostile).filter(([what]) => !tried.has(definition) || few.has(what));
      tried.add(definition);
      for (const [what, value] of values) {
        const { code, stdout, stderr } = await runStub([...words, `${long}=${value}`, ...filesOf(command)]);
        const about = `${words.join(' ')} ${flags} with ${what}: ${stderr}`;
        if (code === 0) {
          t.true(
            value !== '' && (freeNames.has(long!) || (numbers.has(long!) && Number.isFinite(Number(value)))),
            about,
          );
          continue;
        }
        refused += 1;
        t.is(code, 2, about);
        t.regex(stderr, oneSentence, about);
        t.regex(stderr, /[Ee]xpected|Unknown/, about);
        t.is(stdout, '');
      }
    }
  }
  t.true(refused > 1_000, `${refused}`);
});

test.serial('numbers may have exponents', async (t) => {
  const valueOf = async (name: string, ...words: string[]): Promise<unknown> => {
    const { code, stderr } = await runStub(words);
    t.is(code, 0, stderr);
    return seen?.[name as never];
  };
  t.is(await valueOf('radius', 'analyze', 'plane', '--radius', '1e4'), 10_000);
  t.is(await valueOf('confidence', 'submit', '--confidence', '9.5E-1'), 0.95);
  t.is(await valueOf('holdout', 'submit', '--holdout', '1e-1'), 0.1);
  t.deepEqual(await valueOf('weights', 'blend', 'a', 'b', '--weights', '.5,5e+1'), [0.5, 50]);
});

test.serial('an option that is given twice is refused, and one that there is not', async (t) => {
  const program = createProgram(stubs, async () => {});
  for (const { words, command } of allCommands) {
    const typed = words.reduce((inner, word) => inner.commands.find((one) => one.name() === word)!, program);
    for (const { long } of typed.options.filter((option) => option.required)) {
      const value = {
        '--timeout': '1m',
        '--budget': '1m',
        '--radius': '1',
        '--add': '0.5',
        '--mirror': 'https://example.org',
        '--output': 'x.csv',
      }[long!];
      // Whatever the first one is worth, the second one is one too many.
      const good = value ?? (freeNames.has(long!) ? 'x' : '3');
      const { code, stderr } = await runStub([...words, `${long}=${good}`, `${long}=${good}`, ...filesOf(command)]);
      t.is(code, 2);
      if (value !== undefined || texts.has(long!))
        t.is(stderr, `Expected ${long} once, got it twice. Leave one out.\n`);
    }
    const unknown = await runStub([...words, '--\u001B[2J\nx', ...filesOf(command)]);
    t.deepEqual(unknown, {
      code: 2,
      stdout: '',
      stderr: String.raw`Unknown option '--\u001b[2J\u000ax'. See --help.` + '\n',
    });
  }
});

test.serial('an empty name is refused in place of meaning everything', async (t) => {
  for (const { words, command } of allCommands.filter(({ command: { files } }) => files)) {
    const { code, stderr } = await runStub([...words, '']);
    t.deepEqual(
      { code, stderr },
      { code: 2, stderr: `Expected a value for ${command.files!.syntax}, got an empty text.\n` },
    );
  }
});

test.serial('a seed is a whole number that a program can count to', async (t) => {
  for (const seed of ['1e400', '9007199254740992', '-1', '1.5', '0x10', ' 1', '١']) {
    const { code, stderr } = await runStub(['submit', `--seed=${seed}`]);
    t.is(code, 2);
    t.is(stderr, `Expected --seed to be a whole number from 0 to 9007199254740991, got "${seed}".\n`);
  }
  t.is((await runStub(['submit', '--seed=9007199254740991'])).code, 0);
});
