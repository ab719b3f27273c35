/** What a person sees on stderr while a command runs: bars on a terminal, plain lines elsewhere, or nothing. */
import { stripVTControlCharacters, styleText } from 'node:util';
import { MultiBar, type SingleBar } from 'cli-progress';
import { printable } from '../base/printable.ts';
import { duration } from '../base/format.ts';
import { onScreen, wrapWords } from './format.ts';

export interface Bar {
  /**
   * Sets what an earlier run has done, which does not count for the speed.
   * @param done of the bar's total
   * @param counted the number that is shown. Default: `done`
   */
  begin(done: number, counted?: number): void;
  /**
   * @param done of the bar's total; parts of what is begun count too
   * @param detail what is worth knowing at this moment
   * @param counted the number that is shown. Default: `done`
   */
  update(done: number, detail?: string, counted?: number): void;
}

export interface Progress {
  /** A line that stays. */
  note(line: string): void;
  /** A line that stays and is shown with `--quiet` too: a result lies elsewhere, or something was lost. */
  warn(line: string): void;
  /** A line of a list that stays: a terminal that is too narrow shows its beginning. */
  row(line: string): void;
  /** A heading of the next part of the work. */
  step(line: string): void;
  /**
   * A bar, until `clear`.
   * @param name stands before the bar
   * @param unit what `total` counts
   * @param lines how many lines tell of it where there are no bars
   */
  bar(name: string, total: number, unit: string, lines: number): Bar;
  /** Removes all bars. */
  clear(): void;
  /** Prints an empty line on a terminal before what follows. */
  end(): void;
}

export function createProgress(stream: NodeJS.WriteStream, quiet: boolean): Progress {
  if (quiet) return { ...silent, warn: (line) => plainProgress(stream).note(line) };
  return stream.isTTY ? terminalProgress(stream) : plainProgress(stream);
}

const WIDEST_BAR = 24;
const NARROWEST_BAR = 8;
/** Longest row of a list where there is no terminal, in characters. */
const LONGEST_ROW = 500;
/** Width of a terminal that does not tell its width, in characters. */
const USUAL_WIDTH = 80;

const nothing = (): void => {};

const silent: Omit<Progress, 'warn'> = {
  note: nothing,
  row: nothing,
  step: nothing,
  bar: () => ({ begin: nothing, update: nothing }),
  clear: nothing,
  end: nothing,
};

function plainProgress(stream: NodeJS.WriteStream): Progress {
  const note = (line: string): void => void stream.write(`${stripVTControlCharacters(onScreen(line))}\n`);
  return {
    note,
    warn: note,
    row: (line) => note(printable(line, LONGEST_ROW)),
    step: note,
    clear: nothing,
    end: nothing,
    bar(name, total, unit, lines) {
      const speed = stopwatch(total);
      let told = 0;
      return {
        begin: speed.begin,
        update(done, detail, counted = done) {
          const { rate, left } = speed.measure(done);
          const part = Math.floor((done / total) * lines);
          if (part <= told) return;
          told = part;
          const facts = [`${counted} of ${total} ${unit}`, rate, detail, left];
          note(printable(`  ${name} ${facts.filter(Boolean).join(', ')}`));
        },
      };
    },
  };
}

function terminalProgress(stream: NodeJS.WriteStream): Progress {
  let bars: MultiBar | null = null;
  const open = (): MultiBar =>
    new MultiBar({
      stream,
      format: (_options, { progress }, payload) => barLine(progress, payload as BarState, stream),
      clearOnComplete: true,
      hideCursor: true,
      // A line that is logged above the bars pushes them down, so each has to be drawn again.
      forceRedraw: true,
      // `main.ts` ends the work on Ctrl-C, and with it the bars.
      gracefulExit: false,
    });
  let hasSpoken = false;
  const note = (text: string): void => {
    hasSpoken = true;
    const line = wrapWords(onScreen(text), widthOf(stream));
    // Over the bars, which come again below it; they are cut at the edge of the screen, a line is not.
    if (bars) bars.log(`\x1B[J\x1B[?7h${line}\x1B[?7l\n`);
    else stream.write(`${line}\n`);
  };
  const row = (line: string): void => note(printable(line, widthOf(stream)));
  const clear = (): void => {
    bars?.update();
    bars?.stop();
    bars = null;
  };
  return {
    note,
    warn: note,
    row,
    clear,
    step: (line) => note(styleText('bold', line, { stream })),
    bar(name, total, unit) {
      bars ??= open();
      const speed = stopwatch(total);
      const state = (counted: number): Partial<BarState> => ({ count: `${counted}/${total} ${unit}` });
      const bar: SingleBar = bars.create(total, 0, { name: printable(name), ...state(0) });
      return {
        begin(done, counted = done) {
          speed.begin(done);
          bar.update(done, state(counted));
        },
        update(done, detail, counted = done) {
          bar.update(done, { detail: detail && printable(detail), ...state(counted), ...speed.measure(done) });
        },
      };
    },
    end() {
      clear();
      if (hasSpoken) stream.write('\n');
    },
  };
}

export interface BarState {
  readonly name: string;
  readonly count: string;
  readonly rate?: string;
  readonly detail?: string;
  readonly left?: string;
}

/** As wide as the terminal allows; where it is narrow, the speed is left out first, then the count. */
export function barLine(
  share: number,
  { name, count, rate, detail, left }: BarState,
  stream: NodeJS.WriteStream,
): string {
  const choices = [
    [count, rate, detail, left],
    [count, detail, left],
    [detail, left],
  ].map((facts) => facts.filter(Boolean).join('  '));
  // Two spaces before the name, one and two around the bar, and none in the last column, where terminals differ.
  const room = widthOf(stream) - name.length - 6;
  const facts = choices.find(({ length }) => length + NARROWEST_BAR <= room) ?? choices[choices.length - 1];
  const width = Math.min(WIDEST_BAR, Math.max(NARROWEST_BAR, room - facts.length));
  const filled = Math.round(share * width);
  const line = styleText('cyan', '█'.repeat(filled), { stream }) + '░'.repeat(width - filled);
  return `  ${name} ${line}  ${facts}`;
}

const widthOf = ({ columns }: NodeJS.WriteStream): number => columns || USUAL_WIDTH;

interface Stopwatch {
  readonly begin: (done: number) => void;
  readonly measure: (done: number) => { rate: string; left: string };
}

/** Speed and remaining time since `begin`, or else the first measurement. */
function stopwatch(total: number): Stopwatch {
  let start: { time: number; done: number } | undefined;
  const begin = (done: number): void => void (start = { time: performance.now(), done });
  return {
    begin,
    measure(done) {
      if (!start) begin(done);
      const { time, done: before } = start!;
      const perSecond = (1000 * (done - before)) / (performance.now() - time);
      if (!(perSecond > 0 && Number.isFinite(perSecond))) return { rate: '', left: '' };
      const left = duration((total - done) / perSecond).replace(/\.\d s$/, ' s');
      return { rate: rateText(perSecond), left: done < total ? `${left} left` : '' };
    },
  };
}

/** 34/s, 2.5/s, 7.3/min: never fewer than two digits that say something. */
function rateText(perSecond: number): string {
  const [rate, unit] = perSecond < 1 ? [60 * perSecond, 'min'] : [perSecond, 's'];
  return `${rate.toFixed(rate < 10 ? 1 : 0)}/${unit}`;
}
