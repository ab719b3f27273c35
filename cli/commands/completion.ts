/** `wide-optima completion bash`: what a shell reads to complete commands, options and names. */
import { shellWord } from '../../base/command-line.ts';
import { knownName } from '../../base/own-value.ts';
import { defineCommand } from '../command.ts';
import { completionScript, shellNames } from '../shells.ts';

export const completion = defineCommand({
  name: 'completion',
  summary: 'print what bash, zsh or fish reads to complete commands, options, studies and runs',
  options: {},
  files: { syntax: '<shell>', description: shellNames.join(', ') },
  examples: [['bash', 'for this bash: eval "$(…)" with this command line in place of the dots']],
  stopped: 'Nothing was changed; start again with',
  async run(_options, _session, [name]) {
    const shell = knownName('shell', name, shellNames);
    const call = [process.execPath, '--disable-warning=ExperimentalWarning', process.argv[1]];
    const script = completionScript(shell, call.map(shellWord).join(' '));
    return { json: { shell, script }, text: script };
  },
});
