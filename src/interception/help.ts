// Owns the help text of the command, printed from the table of flags.
import { ENVIRONMENT_ONLY, environmentNames, INTERCEPTION_FLAGS, type InterceptionFlag } from './flags.ts';

export function interceptionHelp(usage: string): string {
  let text = `${usage}\n\nFlags, and the variable that counts where a flag is not given:\n`;
  for (const flag of INTERCEPTION_FLAGS) text += flagLine(flag);
  text += '\nFrom the environment only:\n';
  for (const [name, help] of Object.entries(ENVIRONMENT_ONLY)) text += `  ${name.padEnd(38)} ${help}\n`;
  return text;
}

function flagLine(flag: InterceptionFlag): string {
  const short = flag.short === undefined ? '    ' : `-${flag.short}, `;
  const name = `${short}--${flag.name}${flag.value === undefined ? '' : ` ${flag.value}`}`;
  const standard = flag.standard === undefined ? '' : ` (default ${flag.standard})`;
  const effect = flag.noEffect === undefined ? '' : ` (no effect: ${flag.noEffect})`;
  return `  ${name.padEnd(46)} ${flag.help}${standard}${effect} [${environmentNames(flag)[0]}]\n`;
}
