// /logging: levels of the application log, shown and changed while running.
import { LEVEL_NAMES, type LogLevel, listLoggers, parseLogLevel, setLogLevel } from '../../../base/logger.ts';
import { isLoggerName } from '../../../base/logger-names.ts';
import { type AdminEndpoint, type AdminParameter, type AdminResponse, action, text } from '../endpoint.ts';

const parameters: readonly AdminParameter[] = [
  { id: 'paths', kind: 'string', help: 'levels of several components: name:level,name:level' },
  { id: 'level', kind: 'enum', help: 'the level of all components', values: ['', ...LEVEL_NAMES] },
];

const usage = `
usage: /logging?<name>=<level> (one component)
usage: /logging?paths=name1:level1,name2:level2,... (several)
usage: /logging?level=<level> (all)
levels: ${LEVEL_NAMES.join(' ')} 
`;

export function loggingEndpoints(): AdminEndpoint[] {
  return [action('/logging', 'show and change levels of the log', answer, parameters)];
}

function answer(query: URLSearchParams): AdminResponse {
  // The forms of the index page send fields that nobody filled in.
  const given = [...query].filter(([, value]) => value !== '');
  const error = change(given);
  let list = 'active loggers:\n';
  for (const { name, level } of listLoggers()) list += `  ${name}: ${level}\n`;
  return error === '' ? text(`${list}\n`) : text(`error: ${error}\n${usage}${list}\n`, 400);
}

/** Empty, or why nothing was changed. */
function change(given: readonly (readonly [string, string])[]): string {
  const [first] = given;
  if (first === undefined) return '';
  if (given.length > 1) return 'invalid number of parameters';
  const [name, value] = first;
  if (name === 'group') return 'group parameter requires fine-grain logging to be enabled';
  if (name === 'paths') return changeSeveral(value);
  const level = levelOf(value);
  if (level === undefined) return 'unknown logger level';
  if (name !== 'level' && !isLoggerName(name)) return 'unknown logger name';
  setLogLevel(name === 'level' ? 'all' : name, level);
  return '';
}

/** The command line takes `warn` as well; this endpoint does not, in Envoy. */
function levelOf(name: string): LogLevel | undefined {
  return name === 'warn' ? undefined : parseLogLevel(name);
}

/** All of them or none. */
function changeSeveral(list: string): string {
  const changes: [string, LogLevel][] = [];
  for (const item of list.split(',')) {
    const [name = '', levelName = ''] = item.split(':');
    if (name === '' || levelName === '') return 'empty logger name or empty logger level';
    const level = levelOf(levelName);
    if (level === undefined) return 'unknown logger level';
    if (!isLoggerName(name)) return 'unknown logger name';
    changes.push([name, level]);
  }
  for (const [name, level] of changes) setLogLevel(name, level);
  return '';
}
