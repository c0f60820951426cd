// Turns the bootstrap's `admin` into what the admin acts on: its access logs and the paths that may be asked for.
import { ConfigContext, loadCelWhereUsed } from '../../config/api.ts';
import type { Admin } from '../../generated/envoy/config/bootstrap/v3/bootstrap_pb.d.ts';
import { readStringMatcher } from '../../matchers/config.ts';
import {
  type AccessLogger,
  buildAccessLogs,
  compileFormat,
  DEFAULT_ACCESS_LOG_FORMAT,
  FileAccessLogger,
} from '../../observability/access-log/api.ts';
import type { ProcessServices } from '../../upstream/services.ts';
import { typeNamesIn } from '../../xds/type-names.ts';
import { anyPath, type PathPolicy } from './dispatch.ts';

export interface AdminConfig {
  readonly accessLogs: readonly AccessLogger[];
  readonly allowed: PathPolicy;
}

/** Rejects with everything that is wrong. */
export async function readAdmin(message: Admin | undefined, services: ProcessServices): Promise<AdminConfig> {
  if (message === undefined) return { accessLogs: [], allowed: anyPath };
  const context = new ConfigContext();
  await services.extensions.preload(typeNamesIn(message.accessLog, context));
  await loadCelWhereUsed(context);
  const settings = services.accessLog;
  const accessLogs = [...buildAccessLogs(message.accessLog, { config: context, settings })];
  // The deprecated way: a file, in the default format.
  if (message.accessLogPath !== '') accessLogs.push(defaultLog(message.accessLogPath, services));
  const matchers = message.allowPaths.flatMap((each) => readStringMatcher(each, context) ?? []);
  const problems = (await context.takeDiagnostics()).filter(({ severity }) => severity === 'error');
  if (problems.length > 0) {
    throw new Error(`the admin cannot start: ${problems.map((each) => `${each.path}: ${each.message}`).join('; ')}`);
  }
  if (matchers.length === 0) return { accessLogs, allowed: anyPath };
  return { accessLogs, allowed: (target) => matchers.some((matcher) => matcher.matches(target)) };
}

function defaultLog(path: string, { accessLog }: ProcessServices): AccessLogger {
  const formatter = compileFormat(DEFAULT_ACCESS_LOG_FORMAT, { headerName: accessLog.headerName });
  return new FileAccessLogger(accessLog.manager.file(path), formatter);
}
