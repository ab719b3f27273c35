/** Command lines that use a trial, with buttons that copy them. */
import type { CommandsAnswer } from '../api.ts';
import { ask, sentenceOf } from './ask.ts';
import { fill, h } from './dom.ts';
import { remark } from './view.ts';

/** Asks the server for the commands, and shows them. */
export function trialCommands(name: string, trial: number, signal: AbortSignal): HTMLElement {
  const element = h('section', { 'aria-label': `Commands of trial ${trial}` }, remark('Loading …'));
  void ask<CommandsAnswer>('/api/study/commands', { name, trial: String(trial) }, signal).then(
    ({ commands }) =>
      fill(
        element,
        h('h3', {}, `Trial ${trial} in a terminal`),
        ...commands.map((one) => copyable(one.what, one.command)),
        commands.length === 0 ? remark('There is no command for a trial that is not complete.') : null,
      ),
    (error: unknown) => {
      if (!signal.aborted) fill(element, remark(sentenceOf(error)));
    },
  );
  return element;
}

function copyable(what: string, command: string): HTMLElement {
  const said = h('span', { class: 'muted', role: 'status' });
  const text = h('code', {}, command);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(command);
      said.textContent = 'Copied';
    } catch {
      // If the browser forbids access to the clipboard, the text is selected for the user to copy.
      getSelection()?.selectAllChildren(text);
      said.textContent = 'Selected: copy it with the keyboard';
    }
  };
  return h(
    'div',
    { class: 'command' },
    h(
      'p',
      {},
      `${what}: `,
      h(
        'button',
        { type: 'button', class: 'quiet', 'aria-label': `Copy: ${what}`, onclick: () => void copy() },
        'Copy',
      ),
      ' ',
      said,
    ),
    text,
  );
}
