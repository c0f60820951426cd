// Owns the operators that read header maps.
import { percentDecode } from '../../../../base/percent.ts';
import type { HeaderName, HeaderReader, LogContext } from '../../context.ts';
import { FormatError } from '../error.ts';
import {
  BytesOperator,
  needsParameters,
  number,
  type OperatorFactory,
  type OperatorOptions,
  type OperatorTable,
} from '../operator.ts';
import type { OperatorCall } from '../parser.ts';

type Pick = (context: LogContext) => HeaderReader | null;

/** Headers that Envoy joins when they arrive; of all others a log shows the first value. */
const joined = new Set([
  'cookie',
  'via',
  'x-forwarded-for',
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'te',
  'accept',
]);

interface HeaderRef {
  readonly name: HeaderName;
  readonly joined: boolean;
}

function headerRef(text: string, call: OperatorCall, options: OperatorOptions): HeaderRef {
  if (!/^:?[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text)) {
    throw new FormatError(`'${text}' in ${call.name} is not a header name`, call.position);
  }
  const name = text.toLowerCase();
  return { name: options.headerName(name), joined: joined.has(name) };
}

function lookUp(headers: HeaderReader, ref: HeaderRef): string | undefined {
  return ref.joined ? headers.getJoined(ref.name) : headers.get(ref.name);
}

/** `NAME` or `NAME?ALTERNATIVE`. */
function header(pick: Pick): OperatorFactory {
  return (call, options) => {
    const [main = '', alternative, more] = needsParameters(call, 'the name of a header').split('?');
    if (more !== undefined) {
      throw new FormatError(`${call.name} takes one alternative header, not '${call.parameters}'`, call.position);
    }
    const first = headerRef(main, call, options);
    if (alternative === undefined || alternative === '') {
      return new BytesOperator((context) => {
        const headers = pick(context);
        return headers === null ? undefined : lookUp(headers, first);
      }, call.maxLength);
    }
    const second = headerRef(alternative, call, options);
    return new BytesOperator((context) => {
      const headers = pick(context);
      return headers === null ? undefined : (lookUp(headers, first) ?? lookUp(headers, second));
    }, call.maxLength);
  };
}

/** A header without its query, as the formatter extension envoy.formatter.req_without_query has it. */
function withoutQuery(pick: Pick): OperatorFactory {
  const make = header(pick);
  return (call, options) => {
    const inner = make({ ...call, maxLength: undefined }, options);
    return new BytesOperator((context) => beforeQuery(inner.text(context)), call.maxLength);
  };
}

function beforeQuery(path: string | undefined): string | undefined {
  const query = path?.indexOf('?') ?? -1;
  return query === -1 ? path : path?.slice(0, query);
}

/** `PATH(WQ|NQ:ORIG|PATH|ORIG_OR_PATH)`: with or without query; the path as received or as it is now. */
const path: OperatorFactory = (call, options) => {
  const [query = '', source = ''] = call.parameters.split(':');
  if (!['', 'WQ', 'NQ'].includes(query)) {
    throw new FormatError(`PATH takes WQ (with query) or NQ first, not '${query}'`, call.position);
  }
  if (!['', 'ORIG', 'PATH', 'ORIG_OR_PATH'].includes(source)) {
    throw new FormatError(`PATH takes ORIG, PATH or ORIG_OR_PATH second, not '${source}'`, call.position);
  }
  const original = options.headerName('x-envoy-original-path');
  const current = options.headerName(':path');
  const read = (context: LogContext): string | undefined => {
    const headers = context.requestHeaders;
    if (headers === null) return undefined;
    if (source === 'PATH') return headers.get(current);
    return headers.get(original) ?? (source === 'ORIG' ? undefined : headers.get(current));
  };
  return new BytesOperator(query === 'NQ' ? (context) => beforeQuery(read(context)) : read, call.maxLength);
};

const queryParameter: OperatorFactory = (call, options) => {
  const wanted = needsParameters(call, 'the name of a query parameter');
  const current = options.headerName(':path');
  return new BytesOperator((context) => {
    const value = context.requestHeaders?.get(current);
    return value === undefined ? undefined : findParameter(value, wanted);
  }, call.maxLength);
};

/** First value of the parameter, percent-decoded into bytes. */
function findParameter(pathWithQuery: string, wanted: string): string | undefined {
  let at = pathWithQuery.indexOf('?') + 1;
  if (at === 0) return undefined;
  const end = pathWithQuery.length;
  while (at <= end) {
    let next = pathWithQuery.indexOf('&', at);
    if (next === -1 || next > end) next = end;
    const pair = pathWithQuery.slice(at, next);
    const equals = pair.indexOf('=');
    if (percentDecode(equals === -1 ? pair : pair.slice(0, equals)) === wanted) {
      return equals === -1 ? '' : percentDecode(pair.slice(equals + 1));
    }
    at = next + 1;
  }
  return undefined;
}

/** What QUERY_PARAMS(DECODED) leaves as it came, though the escape is sound. */
const keptEscapes = new Set(' "<>\\^{|}');

/** As Envoy: visible characters are decoded, but not all; a percent sign that begins no escape goes, unless at the end. */
function decodeVisible(query: string): string {
  if (!query.includes('%')) return query;
  return query.replace(/%(?:([0-9a-fA-F]{2})|(?=..))/gs, (whole, digits: string | undefined) => {
    if (digits === undefined) return '';
    const code = Number.parseInt(digits, 16);
    const char = String.fromCharCode(code);
    return code > 0x20 && code < 0x7f && !keptEscapes.has(char) ? char : whole;
  });
}

/** The query, as received or decoded. */
const queryParameters: OperatorFactory = (call, options) => {
  if (!['', 'ORIG', 'DECODED'].includes(call.parameters)) {
    throw new FormatError(`'${call.parameters}' in QUERY_PARAMS is neither ORIG nor DECODED`, call.position);
  }
  const current = options.headerName(':path');
  const decoded = call.parameters === 'DECODED';
  return new BytesOperator((context) => {
    const value = context.requestHeaders?.get(current);
    const at = value?.indexOf('?') ?? -1;
    if (value === undefined || at === -1) return undefined;
    const query = value.slice(at + 1);
    return decoded ? decodeVisible(query) : query;
  }, call.maxLength);
};

const requestHeaders: Pick = (context) => context.requestHeaders;
const responseHeaders: Pick = (context) => context.responseHeaders;
const responseTrailers: Pick = (context) => context.responseTrailers;

export const headerOperators: OperatorTable = {
  REQ: header(requestHeaders),
  RESP: header(responseHeaders),
  TRAILER: header(responseTrailers),
  REQ_WITHOUT_QUERY: withoutQuery(requestHeaders),
  PATH: path,
  QUERY_PARAM: queryParameter,
  QUERY_PARAMS: queryParameters,
  REQUEST_HEADERS_BYTES: number((context) => context.requestHeaders?.byteSize() ?? 0),
  RESPONSE_HEADERS_BYTES: number((context) => context.responseHeaders?.byteSize() ?? 0),
  RESPONSE_TRAILERS_BYTES: number((context) => context.responseTrailers?.byteSize() ?? 0),
};
