/** What a person sees on stderr while a command runs: bars on a terminal, plain lines elsewhere, or nothing. */
import { stripVTControlCharacters, styleText } from 'node:util';
import { MultiBar, type SingleBar } from 'cli-progress';
import { duration } from './format.ts';

export interface Bar {
  /**
   * @param done of the bar's total
   * @param detail what is worth knowing at this moment
   */
  update(done: number, detail?: string): void;
}

export interface Progress {
  /** A line that stays. */
  note(line: string): void;
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
  /** Sets off what follows on a terminal. */
  end(): void;
}

export function createProgress(stream: NodeJS.WriteStream, quiet: boolean): Progress {
  if (quiet) return silent;
  return stream.isTTY ? terminalProgress(stream) : plainProgress(stream);
}

const BAR_WIDTH = 24;
const NAME_WIDTH = 6;

const nothing = (): void => {};

const silent: Progress = {
  note: nothing,
  step: nothing,
  bar: () => ({ update: nothing }),
  clear: nothing,
  end: nothing,
};

function plainProgress(stream: NodeJS.WriteStream): Progress {
  const note = (line: string): void => void stream.write(`${stripVTControlCharacters(line)}\n`);
  return {
    note,
    step: note,
    clear: nothing,
    end: nothing,
    bar(name, total, unit, lines) {
      const measure = stopwatch(total);
      let told = 0;
      return {
        update(done, detail) {
          const { rate, left } = measure(done);
          const part = Math.floor((done / total) * lines);
          if (part <= told) return;
          told = part;
          const facts = [`${done} of ${total} ${unit}`, rate, detail, done < total && left];
          note(`  ${name.padEnd(NAME_WIDTH)} ${facts.filter(Boolean).join(', ')}`);
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
      format: (_options, { progress, value, total }, { name, unit, rate, detail, left }) => {
        const filled = Math.round(progress * BAR_WIDTH);
        const line = styleText('cyan', '█'.repeat(filled), { stream }) + '░'.repeat(BAR_WIDTH - filled);
        const facts = [`${value}/${total} ${unit}`, rate, detail, left].filter(Boolean).join('  ');
        return `  ${name.padEnd(NAME_WIDTH)} ${line}  ${facts}`;
      },
      clearOnComplete: true,
      hideCursor: true,
      // A line that is logged above the bars pushes them down, so each has to be drawn again.
      forceRedraw: true,
      // `main.ts` ends the work on Ctrl-C, and with it the bars.
      gracefulExit: false,
    });
  let hasSpoken = false;
  const note = (line: string): void => {
    hasSpoken = true;
    // Over the bars, which come again below it; they are cut at the edge of the screen, a line is not.
    if (bars) bars.log(`\x1B[J\x1B[?7h${line}\x1B[?7l\n`);
    else stream.write(`${line}\n`);
  };
  const clear = (): void => {
    bars?.update();
    bars?.stop();
    bars = null;
  };
  return {
    note,
    clear,
    step: (line) => note(styleText('bold', line, { stream })),
    bar(name, total, unit) {
      bars ??= open();
      const measure = stopwatch(total);
      const bar: SingleBar = bars.create(total, 0, { name, unit });
      return {
        update(done, detail) {
          bar.update(done, { detail, ...measure(done) });
        },
      };
    },
    end() {
      clear();
      if (hasSpoken) stream.write('\n');
    },
  };
}

/** Speed and remaining time since the first call: an earlier run may have done a part of the work. */
function stopwatch(total: number): (done: number) => { rate: string; left: string } {
  let start: { time: number; done: number } | undefined;
  return (done) => {
    const now = performance.now();
    start ??= { time: now, done };
    const perSecond = (1000 * (done - start.done)) / (now - start.time);
    if (!(perSecond > 0 && Number.isFinite(perSecond))) return { rate: '', left: '' };
    const left = duration(Math.max(0, total - done) / perSecond).replace(/\.\d s$/, ' s');
    return { rate: `${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s`, left: `${left} left` };
  };
}
