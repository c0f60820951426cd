/**
 * Owns what is found out while a configuration is read: the one place every unit reports to. A finding names a message
 * and a field of it; path and position are worked out at the end, from where the message came from (origin.ts).
 */
import type { Message } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { ConfigSource } from '../generated/envoy/config/core/v3/config_source_pb.d.ts';
import type { RouteConfiguration } from '../generated/envoy/config/route/v3/route_pb.d.ts';
import type { RegexMatcher } from '../generated/envoy/type/matcher/v3/regex_pb.d.ts';
import type { RegexMatcher as XdsRegexMatcher } from '../generated/xds/type/matcher/v3/regex_pb.d.ts';
import { unpackAny } from './any.ts';
import { catalogue, type DiagnosticCode, type Severity } from './diagnostics/catalogue.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import { type Origin, originOf, parsePath, renderPath } from './origin.ts';

export type UnknownFields = 'refuse' | 'warn' | 'ignore';

export type ConfigOptions = {
  /** What a field the API does not have means: 'refuse' for the bootstrap, 'ignore' for xDS, as Envoy's defaults. */
  readonly unknownFields?: UnknownFields;
  /**
   * Full names of the configuration messages of implemented extensions (`envoy.extensions.filters.http.router.v3.Router`).
   * An extension outside of it is an error. Absent: extensions are not checked (for tools that only look at the document).
   */
  readonly knownExtensions?: ReadonlySet<string>;
  /** Leaves out warnings on deprecated fields (--skip-deprecated-logs). */
  readonly skipDeprecated?: boolean;
  /** Leaves out what is said of fields that have no effect yet: for tools that only look at the document. */
  readonly skipCoverage?: boolean;
};

type Finding = {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly message: string;
  readonly origin: Origin | undefined;
  readonly field: string;
  readonly at: 'key' | 'value';
  readonly suggestion: string | undefined;
};

export class ConfigContext {
  readonly options: ConfigOptions;
  readonly #ready: Diagnostic[] = [];
  #findings: Finding[] = [];
  #errorCount = 0;
  /** What a broken rule of the API is. */
  #rules: 'errors' | 'warnings' | 'nothing' = 'errors';
  readonly #saidOnce = new Set<string>();
  /** Above zero inside of a field that has no effect: what stands in it is not spoken of. */
  coverageMuted = 0;
  /** Regular expressions met on the way: checked together at the end, since the RE2 library is loaded only when needed. */
  readonly regexMatchers: (RegexMatcher | XdsRegexMatcher)[] = [];
  /** A CEL expression was met: the library is loaded at the end. */
  usesCel = false;
  /** Route configurations of connection managers whose clusters must exist: asked when all clusters are known. */
  readonly inlineRouteConfigurations: RouteConfiguration[] = [];
  /** Clusters that come into force together with what is read: routes may name them. */
  readonly comingClusters = new Set<string>();
  /** Sources of dynamic resources met on the way: asked when all clusters are known. */
  readonly configSources: ConfigSource[] = [];

  constructor(options: ConfigOptions = {}) {
    this.options = options;
  }

  /** True when an error was reported: what was read must not be put to use. */
  get failed(): boolean {
    return this.#errorCount > 0;
  }

  /** How many errors so far: compare before and after to learn whether a step failed. */
  get errorCount(): number {
    return this.#errorCount;
  }

  /**
   * Reports that something is wrong with a message (any object that came out of the loader, a filter's unpacked
   * typed_config too). `field` is the path inside it in the API's spelling, empty for the message as a whole:
   *
   *     context.error(cluster, 'connect_timeout', 'RMR0400', 'connect_timeout must be longer than the DNS timeout');
   *     context.error(route, 'match.safe_regex.regex', 'RMR0603', `…`, 'RE2 has no look-ahead');
   */
  error(message: object, field: string, code: DiagnosticCode, text: string, suggestion?: string): void {
    this.report('error', originOf(message), field, code, text, suggestion);
  }

  warning(message: object, field: string, code: DiagnosticCode, text: string, suggestion?: string): void {
    this.report('warning', originOf(message), field, code, text, suggestion);
  }

  /** A warning that is worth saying once for the whole configuration; `key` tells which. */
  warningOnce(
    key: string,
    message: object,
    field: string,
    code: DiagnosticCode,
    text: string,
    suggestion?: string,
  ): void {
    if (this.firstTime(key)) this.warning(message, field, code, text, suggestion);
  }

  /** True when nobody asked with this key before. */
  firstTime(key: string): boolean {
    if (this.#saidOnce.has(key)) return false;
    this.#saidOnce.add(key);
    return true;
  }

  /** The same for those who hold an origin instead of a message (the readers themselves). Severity as the catalogue has it. */
  report(
    severity: Severity | undefined,
    origin: Origin | undefined,
    field: string,
    code: DiagnosticCode,
    message: string,
    suggestion?: string,
    at: 'key' | 'value' = 'value',
  ): void {
    const isRule = code.startsWith('RMR02');
    if (isRule && this.#rules === 'nothing') return;
    const isLenient = isRule && this.#rules === 'warnings';
    const finding: Finding = {
      severity: isLenient ? 'warning' : (severity ?? catalogue[code].severity),
      code,
      message,
      origin,
      field,
      at,
      suggestion,
    };
    if (finding.severity === 'error') this.#errorCount++;
    this.#findings.push(finding);
  }

  /** Reports the API's rules as warnings while `inside` runs: for what Envoy takes over without checking them. */
  withLenientRules(inside: () => void): void {
    this.#withRules('warnings', inside);
  }

  /** Does not look at the API's rules while `inside` runs: for what Envoy does not check, and works without. */
  withoutRules(inside: () => void): void {
    this.#withRules('nothing', inside);
  }

  #withRules(rules: 'warnings' | 'nothing', inside: () => void): void {
    const outer = this.#rules;
    this.#rules = rules;
    inside();
    this.#rules = outer;
  }

  /** Adds what is complete already: syntax errors, files that cannot be read. */
  addDiagnostic(diagnostic: Diagnostic): void {
    if (diagnostic.severity === 'error') this.#errorCount++;
    this.#ready.push(diagnostic);
  }

  /**
   * The message inside an Any, checked against the API's rules, with positions where it came from text. Undefined (and
   * reported) when its type is unknown, its bytes are broken, or a rule is violated.
   */
  unpack(any: Any): Message | undefined {
    return unpackAny(any, this);
  }

  /**
   * The same for one expected type:
   * `const router = context.unpackAs<Router>(filter.configType.value, 'envoy.extensions.filters.http.router.v3.Router')`.
   */
  unpackAs<T extends Message>(any: Any, typeName: T['$typeName']): T | undefined {
    const message = this.unpack(any);
    if (message === undefined) return undefined;
    if (hasTypeName<T>(message, typeName)) return message;
    this.error(any, '', 'RMR0114', `${typeName} is needed here, not ${message.$typeName}`);
    return undefined;
  }

  /** Everything reported, with paths and positions, in the order of the text, each once. Empties the context. */
  async takeDiagnostics(): Promise<Diagnostic[]> {
    const findings = this.#findings;
    this.#findings = [];
    this.#errorCount = 0;
    this.#saidOnce.clear();
    const seen = new Set<string>();
    const diagnostics: Diagnostic[] = [];
    for (const diagnostic of this.#ready.splice(0)) addOnce(diagnostic, seen, diagnostics);
    for (const finding of findings) addOnce(await locate(finding), seen, diagnostics);
    return withoutConsequences(diagnostics).sort(inTextOrder);
  }
}

/** A message of protobuf-es is of the type its $typeName says; this is what the generated declarations promise. */
function hasTypeName<T extends Message>(message: Message, typeName: T['$typeName']): message is T {
  return message.$typeName === typeName;
}

async function locate({ code, severity, message, origin, field, at, suggestion }: Finding): Promise<Diagnostic> {
  const segments = [...(origin?.segments() ?? []), ...parsePath(field)];
  const position = await origin?.document?.locate(segments, at);
  return {
    code,
    severity,
    message,
    path: renderPath(segments),
    ...(position === undefined ? {} : { position }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function addOnce(diagnostic: Diagnostic, seen: Set<string>, into: Diagnostic[]): void {
  const key = `${diagnostic.code}\0${diagnostic.path}\0${diagnostic.position?.line}\0${diagnostic.message}`;
  if (seen.has(key)) return;
  seen.add(key);
  into.push(diagnostic);
}

/**
 * A value that could not be read leaves its field unset; that the field is then missing is no second mistake. Goes by
 * path: the unreadable value stands at the path itself, or at a field of the message that lacks a choice.
 */
function withoutConsequences(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const unreadable = new Set<string>();
  const owners = new Set<string>();
  for (const { code, path } of diagnostics) {
    if (!code.startsWith('RMR01')) continue;
    const value = path.replace(/\.@type$/, '');
    unreadable.add(value);
    owners.add(value.replace(/(?:^|\.)[^.]*$/, ''));
  }
  return diagnostics.filter(({ code, path }) => {
    if (code === 'RMR0201') return !unreadable.has(path);
    return code !== 'RMR0202' && code !== 'RMR0308' ? true : !owners.has(path);
  });
}

/** By file, then by place; what has no place stands first, in the order it was found. */
function inTextOrder(a: Diagnostic, b: Diagnostic): number {
  if (a.position === undefined || b.position === undefined) {
    return Number(a.position !== undefined) - Number(b.position !== undefined);
  }
  if (a.position.file !== b.position.file) return a.position.file < b.position.file ? -1 : 1;
  return a.position.line - b.position.line || a.position.column - b.position.column;
}
