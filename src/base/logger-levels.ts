// Owns the levels of the application log and their spelling.

/** Ordered: a line is written when its level is not below its logger's. */
export const LogLevel = { trace: 0, debug: 1, info: 2, warning: 3, error: 4, critical: 5, off: 6 } as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/** By number; what %l prints. */
export const LEVEL_NAMES = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'] as const;

/** What %L prints. */
export const LEVEL_LETTERS = ['T', 'D', 'I', 'W', 'E', 'C', 'O'] as const;

/** The level of a name as Envoy reads it: lower case only, `warn` beside `warning`. Undefined: no such level. */
export function parseLogLevel(name: string): LogLevel | undefined {
  if (name === 'warn') return LogLevel.warning;
  const index = (LEVEL_NAMES as readonly string[]).indexOf(name);
  return index < 0 ? undefined : (index as LogLevel);
}
