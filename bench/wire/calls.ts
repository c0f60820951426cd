/**
 * The calls of the HTTP/2 jobs, as services make them: ten request fields and eight response fields beside the
 * pseudo-headers, about 600 and 300 octets. `ID` is different in each.
 */
import type { Fields } from './prepared-block.ts';

export type CallKind = 'call' | 'large' | 'upload' | 'unary' | 'stream';

/** The request's id, which the upstream sends back: that an answer belongs to its request is checked by it. */
export const ID_FIELD = 'x-correlation-id';

export const MEGABYTE = 1 << 20;
/** A body of JSON. */
export const SMALL_BODY_LENGTH = 200;
/** A gRPC message of 100 octets behind its prefix (flag of compression, length). */
export const MESSAGE_LENGTH = 105;

const AUTHORITY = 'app.bench.test';
const token =
  'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJiZW5jaCIsInN1YiI6InVzZXItMTIzNDU2Nzg5MCJ9.TUVVQ0lRRGZXcGcxcVRwR2FuOHVrU1I3ZQ';

const common: Fields = [
  ['authorization', `Bearer ${token}`],
  ['x-request-id', 'ID'],
  [ID_FIELD, 'ID'],
  ['traceparent', '00-ID-00f067aa0ba902b7-01'],
  ['x-tenant', 'acme'],
];

const paths: Readonly<Record<CallKind, string>> = {
  call: '/api/v1/products/ID',
  large: '/large',
  upload: '/upload',
  unary: '/bench.Echo/Unary',
  stream: '/bench.Echo/Stream',
};

export const isGrpc = (kind: CallKind): boolean => kind === 'unary' || kind === 'stream';
const hasBody = (kind: CallKind): boolean => kind !== 'call' && kind !== 'large';

export function kindOf(path: string): CallKind {
  for (const kind of ['large', 'upload', 'unary', 'stream'] as const) if (paths[kind] === path) return kind;
  return 'call';
}

export function requestFields(kind: CallKind): Fields {
  return [
    [':method', hasBody(kind) ? 'POST' : 'GET'],
    [':scheme', 'http'],
    [':path', paths[kind]],
    [':authority', AUTHORITY],
    ...(isGrpc(kind)
      ? ([
          ['content-type', 'application/grpc'],
          ['te', 'trailers'],
          ['user-agent', 'grpc-node-js/1.14.0'],
          ['grpc-accept-encoding', 'identity,deflate,gzip'],
          ...(kind === 'unary' ? ([['grpc-timeout', '5S']] as const) : []),
        ] as const)
      : ([
          ['user-agent', 'service-client/3.2 (linux; x64)'],
          ['accept', 'application/json, text/plain, */*'],
          ['accept-encoding', 'gzip, deflate'],
          ['accept-language', 'en-GB,en;q=0.8'],
          ['x-client-version', '2.14.0'],
          ...(kind === 'upload' ? ([['content-length', String(MEGABYTE)]] as const) : []),
        ] as const)),
    ...common,
  ];
}

/** `ID` stands for the upstream's own id; the request's and content-length go behind these. */
export function responseFields(kind: CallKind): Fields {
  if (isGrpc(kind))
    return [
      [':status', '200'],
      ['content-type', 'application/grpc'],
      ['grpc-accept-encoding', 'identity,deflate,gzip'],
      ['x-upstream-version', '2026.11.3'],
      ['x-zone', 'eu-west-1b'],
      ['x-served-id', 'ID'],
    ];
  return [
    [':status', '200'],
    ['content-type', 'application/json'],
    ['cache-control', 'no-store'],
    ['vary', 'accept-encoding'],
    ['x-content-type-options', 'nosniff'],
    ['x-upstream-version', '2026.11.3'],
    ['x-served-id', 'ID'],
  ];
}

/** The same as HTTP/1.1 writes it, ID and all. */
export function http1Request(kind: CallKind): string {
  const fields = requestFields(kind).filter(([name]) => !name.startsWith(':'));
  const method = hasBody(kind) ? 'POST' : 'GET';
  return `${method} ${paths[kind]} HTTP/1.1\r\nhost: ${AUTHORITY}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}
