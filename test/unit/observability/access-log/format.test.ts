// Formats against what a real Envoy 1.40 wrote for the same streams.
import { isUtf8 } from 'node:buffer';
import t from 'tap';
import { ipAddress, pipeAddress } from '../../../../src/base/address.ts';
import { headerName, type RequestHeaders, ResponseHeaders } from '../../../../src/http/headers/api.ts';
import {
  compileFormat,
  compileJsonFormat,
  DEFAULT_ACCESS_LOG_FORMAT,
  FormatError,
} from '../../../../src/observability/access-log/api.ts';
import { attemptOperators } from '../../../../src/observability/access-log/format/operators/attempt.ts';
import { celOperators } from '../../../../src/observability/access-log/format/operators/cel.ts';
import { certificateOperators } from '../../../../src/observability/access-log/format/operators/certificates.ts';
import { operators } from '../../../../src/observability/access-log/format/operators/index.ts';
import { stateOperators } from '../../../../src/observability/access-log/format/operators/state.ts';
import { ResponseFlag } from '../../../../src/observability/response-flags.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { answered, bytes, REQUEST_ID, refused } from './context.ts';

const options = { headerName };
const text = (format: string, context = answered()): string => compileFormat(format, options).format(context);
const json = (value: string, context = answered()): unknown =>
  JSON.parse(Buffer.from(compileJsonFormat({ v: value }, options).format(context), 'latin1').toString('utf8')).v;

t.test('the default format', (t) => {
  t.equal(
    text(DEFAULT_ACCESS_LOG_FORMAT),
    `[2026-11-23T07:15:32.391Z] "GET /abc/d?a=1&b=2&c=%20x&a=3 HTTP/1.1" 200 - 0 20 11 10 "1.1.1.1,2.2.2.2" "ua" "${REQUEST_ID}" "h:1" "127.0.0.1:21801"\n`,
  );
  t.equal(
    text(DEFAULT_ACCESS_LOG_FORMAT, refused()),
    '[2026-11-23T07:15:32.391Z] "- - -" 400 - 0 0 0 - "-" "-" "-" "-" "-"\n',
  );
  t.end();
});

t.test('every operator has a value and an absence that Envoy would write', (t) => {
  const expected: Readonly<Record<string, readonly [format: string, value: unknown, absent: unknown]>> = {
    REQ: ['%REQ(x-m)%', 'one', null],
    RESP: ['%RESP(:status)%', '200', null],
    TRAILER: ['%TRAILER(x-t)%', null, null],
    REQ_WITHOUT_QUERY: ['%REQ_WITHOUT_QUERY(nope?:PATH):4%', '/abc', null],
    PATH: ['%PATH(NQ)%', '/abc/d', null],
    QUERY_PARAM: ['%QUERY_PARAM(c)%', ' x', null],
    QUERY_PARAMS: ['%QUERY_PARAMS%', 'a=1&b=2&c=%20x&a=3', null],
    REQUEST_HEADERS_BYTES: ['%REQUEST_HEADERS_BYTES%', answered().requestHeaders?.byteSize(), 0],
    RESPONSE_HEADERS_BYTES: ['%RESPONSE_HEADERS_BYTES%', answered().responseHeaders?.byteSize(), 0],
    RESPONSE_TRAILERS_BYTES: ['%RESPONSE_TRAILERS_BYTES%', 0, 0],
    RESPONSE_CODE: ['%RESPONSE_CODE%', 200, 400],
    RESPONSE_CODE_DETAILS: ['%RESPONSE_CODE_DETAILS%', 'via_upstream', null],
    RESPONSE_FLAGS: ['%RESPONSE_FLAGS%', '-', '-'],
    RESPONSE_FLAGS_LONG: ['%RESPONSE_FLAGS_LONG%', '-', '-'],
    PROTOCOL: ['%PROTOCOL()%', 'HTTP/1.1', null],
    UPSTREAM_PROTOCOL: ['%UPSTREAM_PROTOCOL%', 'HTTP/1.1', null],
    CONNECTION_TERMINATION_DETAILS: ['%CONNECTION_TERMINATION_DETAILS%', null, null],
    UPSTREAM_TRANSPORT_FAILURE_REASON: ['%UPSTREAM_TRANSPORT_FAILURE_REASON%', null, null],
    DOWNSTREAM_TRANSPORT_FAILURE_REASON: ['%DOWNSTREAM_TRANSPORT_FAILURE_REASON%', null, null],
    GRPC_STATUS: ['%GRPC_STATUS%', null, null],
    GRPC_STATUS_NUMBER: ['%GRPC_STATUS_NUMBER%', null, null],
    ACCESS_LOG_TYPE: ['%ACCESS_LOG_TYPE%', 'DownstreamEnd', 'DownstreamEnd'],
    LOCAL_REPLY_BODY: ['%LOCAL_REPLY_BODY%', '', ''],
    START_TIME: ['%START_TIME%', '2026-11-23T07:15:32.391Z', '2026-11-23T07:15:32.391Z'],
    START_TIME_LOCAL: ['%START_TIME_LOCAL(%s)%', '1795418132', '1795418132'],
    EMIT_TIME: ['%EMIT_TIME%', '2026-11-23T07:15:32.402Z', '2026-11-23T07:15:32.391Z'],
    EMIT_TIME_LOCAL: ['%EMIT_TIME_LOCAL(%s)%', '1795418132', '1795418132'],
    DURATION: ['%DURATION%', 11, 0],
    REQUEST_DURATION: ['%REQUEST_DURATION%', 0, null],
    REQUEST_TX_DURATION: ['%REQUEST_TX_DURATION%', 1, null],
    RESPONSE_DURATION: ['%RESPONSE_DURATION%', 10, null],
    RESPONSE_TX_DURATION: ['%RESPONSE_TX_DURATION%', 0, null],
    COMMON_DURATION: ['%COMMON_DURATION(US_CX_BEG:US_CX_END:us)%', 25, null],
    BYTES_RECEIVED: ['%BYTES_RECEIVED%', 0, 0],
    BYTES_SENT: ['%BYTES_SENT%', 20, 0],
    DOWNSTREAM_WIRE_BYTES_RECEIVED: ['%DOWNSTREAM_WIRE_BYTES_RECEIVED%', 180, 0],
    DOWNSTREAM_WIRE_BYTES_SENT: ['%DOWNSTREAM_WIRE_BYTES_SENT%', 188, 0],
    DOWNSTREAM_HEADER_BYTES_RECEIVED: ['%DOWNSTREAM_HEADER_BYTES_RECEIVED%', 44, 0],
    DOWNSTREAM_HEADER_BYTES_SENT: ['%DOWNSTREAM_HEADER_BYTES_SENT%', 138, 0],
    UPSTREAM_WIRE_BYTES_RECEIVED: ['%UPSTREAM_WIRE_BYTES_RECEIVED%', 0, 0],
    UPSTREAM_WIRE_BYTES_SENT: ['%UPSTREAM_WIRE_BYTES_SENT%', 194, 0],
    UPSTREAM_HEADER_BYTES_RECEIVED: ['%UPSTREAM_HEADER_BYTES_RECEIVED%', 0, 0],
    UPSTREAM_HEADER_BYTES_SENT: ['%UPSTREAM_HEADER_BYTES_SENT%', 0, 0],
    UPSTREAM_REQUEST_ATTEMPT_COUNT: ['%UPSTREAM_REQUEST_ATTEMPT_COUNT%', 1, 0],
    DOWNSTREAM_REMOTE_ADDRESS: ['%DOWNSTREAM_REMOTE_ADDRESS%', '10.0.0.1:60658', '127.0.0.1:60658'],
    DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: ['%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%', '10.0.0.1', '127.0.0.1'],
    DOWNSTREAM_REMOTE_PORT: ['%DOWNSTREAM_REMOTE_PORT%', 60658, 60658],
    DOWNSTREAM_DIRECT_REMOTE_ADDRESS: ['%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%', '127.0.0.1:60658', '127.0.0.1:60658'],
    DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: [
      '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%',
      '127.0.0.1',
      '127.0.0.1',
    ],
    DOWNSTREAM_DIRECT_REMOTE_PORT: ['%DOWNSTREAM_DIRECT_REMOTE_PORT%', 60658, 60658],
    DOWNSTREAM_LOCAL_ADDRESS: ['%DOWNSTREAM_LOCAL_ADDRESS%', '127.0.0.1:21802', '127.0.0.1:21802'],
    DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: ['%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%', '127.0.0.1', '127.0.0.1'],
    DOWNSTREAM_LOCAL_PORT: ['%DOWNSTREAM_LOCAL_PORT%', 21802, 21802],
    UPSTREAM_HOST: ['%UPSTREAM_HOST%', '127.0.0.1:21801', null],
    UPSTREAM_HOST_NAME: ['%UPSTREAM_HOST_NAME%', '127.0.0.1:21801', null],
    UPSTREAM_HOST_NAME_WITHOUT_PORT: ['%UPSTREAM_HOST_NAME_WITHOUT_PORT%', '127.0.0.1', null],
    UPSTREAM_LOCAL_ADDRESS: ['%UPSTREAM_LOCAL_ADDRESS%', '127.0.0.1:42116', null],
    UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: ['%UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%', '127.0.0.1', null],
    UPSTREAM_LOCAL_PORT: ['%UPSTREAM_LOCAL_PORT%', 42116, null],
    UPSTREAM_REMOTE_ADDRESS: ['%UPSTREAM_REMOTE_ADDRESS%', '127.0.0.1:21801', null],
    UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: ['%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%', '127.0.0.1', null],
    UPSTREAM_REMOTE_PORT: ['%UPSTREAM_REMOTE_PORT%', 21801, null],
    CONNECTION_ID: ['%CONNECTION_ID%', 3, 3],
    UPSTREAM_CONNECTION_ID: ['%UPSTREAM_CONNECTION_ID%', 2, 0],
    REQUESTED_SERVER_NAME: ['%REQUESTED_SERVER_NAME%', null, null],
    FILTER_CHAIN_NAME: ['%FILTER_CHAIN_NAME%', 'fc1', 'fc1'],
    ROUTE_NAME: ['%ROUTE_NAME%', 'rn1', null],
    VIRTUAL_CLUSTER_NAME: ['%VIRTUAL_CLUSTER_NAME%', null, null],
    UPSTREAM_CLUSTER: ['%UPSTREAM_CLUSTER%', 'one', null],
    UPSTREAM_CLUSTER_RAW: ['%UPSTREAM_CLUSTER_RAW%', 'one', null],
    STREAM_ID: ['%STREAM_ID%', REQUEST_ID, null],
    UNIQUE_ID: ['%UNIQUE_ID%', /^[0-9a-f]{8}-/, /^[0-9a-f]{8}-/],
    TRACE_ID: ['%TRACE_ID%', null, null],
    SPAN_ID: ['%SPAN_ID%', null, null],
    HOSTNAME: ['%HOSTNAME%', /./, /./],
    ENVIRONMENT: ['%ENVIRONMENT(REMORA_NO_SUCH_VARIABLE)%', '-', '-'],
    DYNAMIC_METADATA: ['%DYNAMIC_METADATA(dm:o:k)%', 'v', null],
    UPSTREAM_METADATA: ['%UPSTREAM_METADATA(a:b)%', 1.5, null],
    CLUSTER_METADATA: ['%CLUSTER_METADATA(a)%', { b: 'cmv' }, null],
    METADATA: ['%METADATA(ROUTE:ns:n)%', 3, null],
    DOWNSTREAM_DIRECT_LOCAL_ADDRESS: ['%DOWNSTREAM_DIRECT_LOCAL_ADDRESS%', '127.0.0.1:21802', '127.0.0.1:21802'],
    DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT: [
      '%DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT(8)%',
      '127.0.0.0/8',
      '127.0.0.0/8',
    ],
    DOWNSTREAM_DIRECT_LOCAL_PORT: ['%DOWNSTREAM_DIRECT_LOCAL_PORT%', 21802, 21802],
    DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED: ['%DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED%', 44, 0],
    DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT: ['%DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT%', 138, 0],
    UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED: ['%UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED%', 0, 0],
    UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT: ['%UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT%', 0, 0],
  };
  const others = new Set(
    Object.keys({ ...attemptOperators, ...celOperators, ...certificateOperators, ...stateOperators }),
  );
  const here = Object.keys(operators).filter((name) => !others.has(name));
  t.same(Object.keys(expected).sort(), here.sort(), 'the table of this test is complete (others: operators.test.ts)');
  for (const [name, [format, value, absent]] of Object.entries(expected)) {
    for (const [context, wanted] of [
      [answered(), value],
      [refused(), absent],
    ] as const) {
      const got = json(format, context);
      if (wanted instanceof RegExp) {
        t.match(got, wanted, `${name} as JSON`);
        continue;
      }
      t.same(got, wanted, `${name} as JSON`);
      const shown = wanted === null ? '-' : typeof wanted === 'object' ? JSON.stringify(wanted) : String(wanted);
      t.equal(text(format, context), shown, `${name} as text`);
    }
  }
  t.end();
});

t.test('headers: the first value, joined ones, alternatives, lengths', (t) => {
  t.equal(
    text('%REQ(X-M)% %REQ(x-forwarded-for)% %REQ(nope?x-m)% %REQ(nope?nope2)% %REQ(x-m?nope)%'),
    'one 1.1.1.1,2.2.2.2 one - one',
  );
  t.equal(text('[%REQ(x-m):2%] [%REQ(x-m):0%] [%REQ(x-m):99999999999%] [%REQ(nope):2%]'), '[on] [] [one] [-]');
  t.equal(text('%REQ(host)% %REQ(:authority)% %REQ(:scheme)% %REQ(:method)%'), 'h:1 h:1 http GET');
  t.end();
});

t.test('the path as it came and as it is now', (t) => {
  const context = answered();
  t.equal(
    text('%PATH% %PATH(WQ:ORIG)% %PATH(NQ:PATH)% %PATH(:PATH)%', context),
    '/abc/d?a=1&b=2&c=%20x&a=3 - /abc/d /abc/d?a=1&b=2&c=%20x&a=3',
  );
  context.requestHeaders?.append(headerName('x-envoy-original-path'), '/old?x');
  t.equal(text('%PATH(NQ)% %PATH(WQ:ORIG)% %PATH(NQ:PATH)%', context), '/old /old?x /abc/d');
  t.equal(text('%QUERY_PARAM(a):1%|%QUERY_PARAM(nope)%|%QUERY_PARAM(b)%'), '1|-|2');
  const request = context.requestHeaders as RequestHeaders;
  request.path = '/x?flag&e=&%61=z#f&b=2';
  t.equal(text('%QUERY_PARAM(flag)%|%QUERY_PARAM(e)%|%QUERY_PARAM(a)%|%QUERY_PARAM(b)%', context), '||z#f|2');
  t.end();
});

t.test('bytes above ASCII pass through text and stay valid JSON', (t) => {
  t.equal(text('é %REQ(x-u):2% %REQ(x-broken)%'), `${bytes('é é')} ${bytes('é')}"\\\tx\xff\xfe/`);
  const line = (format: string): string => compileJsonFormat({ v: format }, options).format(answered());
  t.equal(line('%REQ(x-u)%'), `{"v":"${bytes('é€\\"\\\\/<>&\'\\tz')}"}\n`);
  t.equal(line('%REQ(x-u):3%'), '{"v":"\\u00c3\\u00a9\\u00e2"}\n', 'cut within a character');
  t.equal(line('%REQ(x-broken)%'), '{"v":"\\u00c3\\u00a9\\u0022\\u005c\\u0009x\\u00ff\\u00fe/"}\n');
  t.equal(line('a%REQ(x-u):1%b'), '{"v":"a\\u00c3b"}\n');
  t.equal(line('a"b\\c\n\u0001é/'), `{"v":"${bytes('a\\"b\\\\c\\n\\u0001é/')}"}\n`);
  t.end();
});

t.test('names outside ASCII come out as UTF-8, also when the name changes', (t) => {
  const context = answered();
  const formatter = compileFormat('%ROUTE_NAME%', options);
  const asJson = compileJsonFormat({ v: '%ROUTE_NAME%' }, options);
  for (const name of ['weg-é', 'a"b', '', 'weg-é']) {
    context.streamInfo.routeName = name;
    t.equal(formatter.format(context), name === '' ? '-' : bytes(name));
    t.equal(asJson.format(context), `{"v":${name === '' ? 'null' : bytes(JSON.stringify(name))}}\n`);
  }
  t.end();
});

t.test('JSON: keys in order, types kept, mixed strings, constants', (t) => {
  const format = {
    z: 1,
    a: '%PROTOCOL%',
    M: { z: '%REQ(nope)%', a: [] },
    i: {},
    j: [],
    m: '%PROTOCOL%%PROTOCOL%',
    bool: true,
    nul: null,
    lst: ['%RESPONSE_CODE%', 'x', 3, '%REQ(nope)%'],
    mixed: 'c=%RESPONSE_CODE% %REQ(nope)%',
    pct: '100%% %%',
    'key"é\n': 'x',
  };
  t.equal(
    compileJsonFormat(format, options).format(answered()),
    `{"M":{"a":[],"z":null},"a":"HTTP/1.1","bool":true,"i":{},"j":[],"${bytes('key\\"é\\n')}":"x","lst":[200,"x",3,null],` +
      '"m":"HTTP/1.1HTTP/1.1","mixed":"c=200 -","nul":null,"pct":"100% %","z":1}\n',
  );
  t.end();
});

t.test('omit_empty_values', (t) => {
  const omit = { headerName, omitEmptyValues: true };
  const context = answered();
  t.equal(
    compileFormat('[%REQ(nope)%] [%DURATION%] [%RESPONSE_FLAGS%] [%METADATA(ROUTE:x:y)%]', omit).format(context),
    '[] [11] [-] []',
  );
  const format = {
    a: '%REQ(nope)%',
    b: 'x%REQ(nope)%',
    c: { d: '%REQ(nope)%' },
    e: ['%REQ(nope)%', 1],
    f: '',
    g: '%RESPONSE_FLAGS%',
    h: null,
    i: {},
    j: [],
    k: '%DURATION%',
    m: '%LOCAL_REPLY_BODY%',
  };
  t.equal(compileJsonFormat(format, omit).format(context), '{"b":"x","e":[1],"f":"","g":"-","j":[],"k":11,"m":""}\n');
  t.equal(compileJsonFormat({ a: '%REQ(nope)%' }, omit).format(context), '{}\n');
  t.end();
});

t.test('metadata: values of every type, paths that lead nowhere', (t) => {
  t.equal(
    text(
      '%METADATA(ROUTE:ns:l)% %METADATA(ROUTE:ns:f)% %METADATA(ROUTE:ns:key)% %METADATA(ROUTE:ns:t)% %METADATA(ROUTE:ns:nul)%',
    ),
    bytes('[1,"a",null,{"b":"é","z":1}] 1.5 v"é\n true -'),
  );
  t.same(json('%METADATA(ROUTE:ns)%'), {
    f: 1.5,
    key: 'v"é\n',
    l: [1, 'a', null, { z: 1, b: 'é' }],
    n: 3,
    nul: null,
    t: true,
  });
  t.equal(json('%METADATA(ROUTE:ns:key):1%'), 'v');
  t.same(json('%METADATA(ROUTE:ns:l):5%'), [1, 'a', null, { z: 1, b: 'é' }], 'a length cuts strings only');
  t.equal(json('%METADATA(CLUSTER:a:b)%'), 'cmv');
  t.equal(json('%METADATA(UPSTREAM_HOST:a:b)%'), 1.5);
  t.equal(json('%METADATA(DYNAMIC:dm:a)%'), 'b');
  t.equal(json('%METADATA(VIRTUAL_HOST:a:b)%'), null);
  for (const path of ['nope', 'ns:nope', 'ns:key:deeper', 'ns:l:0', 'constructor', 'ns:__proto__']) {
    t.equal(text(`%METADATA(ROUTE:${path})%`), '-', path);
  }
  t.end();
});

t.test('flags, details, failures', (t) => {
  const context = answered();
  const { streamInfo } = context;
  streamInfo.setFlag(ResponseFlag.UpstreamRetryLimitExceeded);
  streamInfo.setFlag(ResponseFlag.UpstreamConnectionFailure);
  streamInfo.setFlag(ResponseFlag.UpstreamRetryLimitExceeded);
  streamInfo.responseCodeDetails = 'upstream_reset{delayed connect error: Connection refused}';
  if (streamInfo.upstream !== null)
    streamInfo.upstream.transportFailureReason = 'delayed connect error: Connection refused';
  t.equal(
    text('%RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%', context),
    'URX,UF UpstreamRetryLimitExceeded,UpstreamConnectionFailure',
    'in the order they were set',
  );
  t.equal(text('%RESPONSE_CODE_DETAILS%', context), 'upstream_reset{delayed_connect_error:_Connection_refused}');
  t.equal(text('%RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)%', context), streamInfo.responseCodeDetails);
  t.equal(text('%UPSTREAM_TRANSPORT_FAILURE_REASON%', context), 'delayed_connect_error:_Connection_refused');
  streamInfo.upstream = null;
  streamInfo.clusterObservabilityName = 'none_alt';
  streamInfo.clusterName = 'none';
  t.equal(text('%UPSTREAM_CLUSTER% %UPSTREAM_CLUSTER_RAW%', context), 'none_alt none');
  t.end();
});

t.test('gRPC status: trailers, headers, then what the HTTP status means', (t) => {
  const context = answered();
  const status = (): string => text('%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS(NUMBER)%', context);
  context.requestHeaders?.append(headerName('content-type'), 'application/grpc+proto');
  t.equal(status(), 'Unknown UNKNOWN 2');
  context.streamInfo.responseCode = 503;
  t.equal(status(), 'Unavailable UNAVAILABLE 14');
  context.responseHeaders?.append(headerName('grpc-status'), '1');
  t.equal(status(), 'Canceled CANCELLED 1');
  context.responseTrailers = new ResponseHeaders();
  context.responseTrailers.append(headerName('grpc-status'), '0');
  t.equal(status(), 'OK OK 0');
  context.responseTrailers.set(headerName('grpc-status'), '77');
  t.equal(status(), '77 77 77');
  context.requestHeaders?.set(headerName('content-type'), 'application/grpcx');
  t.equal(status(), '- - -');
  t.end();
});

t.test('addresses of other kinds', (t) => {
  const context = answered();
  context.streamInfo.downstreamRemoteAddress = pipeAddress('/run/é.sock');
  t.equal(
    text('%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_PORT%', context),
    bytes('/run/é.sock /run/é.sock -'),
  );
  context.streamInfo.downstreamRemoteAddress = ipAddress('::1', 8);
  t.equal(text('%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%', context), '[::1]:8 ::1');
  t.end();
});

t.test('environment', (t) => {
  process.env['REMORA_TEST_FORMAT'] = 'é-value';
  t.equal(text('%ENVIRONMENT(REMORA_TEST_FORMAT)% %ENVIRONMENT(REMORA_TEST_FORMAT):3%'), bytes('é-value é-v'));
  delete process.env['REMORA_TEST_FORMAT'];
  t.end();
});

t.test('what Envoy takes is taken', (t) => {
  const formats = [
    '%REQ(a):0%',
    '%%',
    'a%%b',
    '%START_TIME()%',
    '%START_TIME((a))%',
    '%REQ(:path)%',
    '%REQ(a?)%',
    '%REQ(a%b)%',
    '%PATH()%',
    '%DYNAMIC_METADATA(a)%',
    '%RESPONSE_CODE_DETAILS(X)%',
    '%REQ(a):5% %REQ(b):6%',
  ];
  for (const format of formats) t.doesNotThrow(() => compileFormat(format, options), format);
  t.end();
});

t.test('what Envoy refuses is refused, with the place and the reason', (t) => {
  const wrong: readonly (readonly [format: string, message: RegExp, position?: number])[] = [
    ['%', /no operator at position 0/],
    ['100%', /position 3 .*%%/, 3],
    ['%REQ', /closing % is missing/],
    ['x %REQ(a)', /closing % is missing/, 2],
    ['%REQ(a', /parenthesis is not closed/],
    ['%REQ%', /REQ needs the name of a header/],
    ['%REQ()%', /REQ needs the name of a header/],
    ['%REQ():5%', /REQ needs the name of a header/],
    ['%REQ(a?b?c)%', /one alternative/],
    ['%REQ(a b)%', /'a b' in REQ is not a header name/],
    ['%REQ(a) %REQ(b)%', /is not a header name/],
    ['%REQ(a)x%', /no operator at position 0/],
    ['%REQ(a):x%', /no operator at position 0/],
    ['%REQ(a):-1%', /no operator at position 0/],
    ['%REQ(a\nb)%', /no operator at position 0/],
    ['%foo%', /upper case/],
    ['% PROTOCOL%', /no operator at position 0/],
    ['%PROTOCOL %', /no operator at position 0/],
    ['%PROTOCOL%%', /no operator at position 10/, 10],
    ['x %% %FOO(BAR):3%', /there is no operator FOO \(position 5\)/, 5],
    ['%RESPONS_CODE%', /did you mean RESPONSE_CODE\?/],
    ['%PROTOCOL(x)%', /no parameters and no length/],
    ['%PROTOCOL:5%', /no parameters and no length/],
    ['%DURATION:3%', /no parameters and no length/],
    ['%HOSTNAME(x)%', /no parameters/],
    ['%DYNAMIC_METADATA%', /needs a namespace/],
    ['%METADATA(FOO:a:b)%', /'FOO' of METADATA is none of DYNAMIC/],
    ['%METADATA%', /is none of/],
    ['%COMMON_DURATION%', /two time points/],
    ['%COMMON_DURATION(a)%', /START:END/],
    ['%COMMON_DURATION(DS_RX_BEG:DS_TX_END:h)%', /none of ms, us, ns/],
    ['%ENVIRONMENT%', /name of a variable/],
    ['%GRPC_STATUS(X)%', /CAMEL_STRING, SNAKE_STRING or NUMBER/],
    ['%PATH(A)%', /WQ \(with query\) or NQ/],
    ['%PATH(WQ:B)%', /ORIG, PATH or ORIG_OR_PATH/],
    ['%QUERY_PARAM%', /name of a query parameter/],
    ['%QUERY_PARAMS(X)%', /neither ORIG nor DECODED/],
    ['%START_TIME:3%', /takes no length/],
    ['%START_TIME(%n)%', /line feed/],
    ['%DOWNSTREAM_CX_RTT%', /DOWNSTREAM_CX_RTT is refused/],
  ];
  for (const [format, message, position] of wrong) {
    try {
      compileFormat(format, options);
      t.fail(`${format} was taken`);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      t.match(error.message, message, format);
      if (position !== undefined) t.equal(error.position, position, format);
    }
  }
  t.throws(() => compileJsonFormat({ a: { b: ['x', '%FOO%'] } }, options), {
    message: /^a\.b\[1\]: there is no operator FOO/,
  });
  t.throws(() => compileJsonFormat({ a: { b: '%FOO%' } }, { ...options, omitEmptyValues: true }), {
    message: /^a\.b: /,
  });
  t.end();
});

t.test('whatever a header holds, a JSON line is one line of valid UTF-8 and valid JSON', (t) => {
  const seed = 20261123;
  t.comment(`seed ${seed}`);
  const random = new SeededRandom(seed);
  const context = answered();
  const formatters = [false, true].map((omitEmptyValues) =>
    compileJsonFormat(
      { whole: '%REQ(x-m)%', cut: '%REQ(x-m):7%', mixed: 'é%REQ(x-m)%"' },
      { headerName, omitEmptyValues },
    ),
  );
  for (let round = 0; round < 3000; round++) {
    let value = '';
    const length = random.uint32() % 12;
    while (value.length < length) {
      const kind = random.uint32() % 4;
      if (kind === 0) value += String.fromCharCode(random.uint32() % 256);
      else if (kind === 1) value += bytes('é€😀'.slice(random.uint32() % 2, 2));
      else if (kind === 2) value += '"\\\n\r\u0000\u001f\u007f/'[random.uint32() % 8];
      else value += 'plain';
    }
    context.requestHeaders?.set(headerName('x-m'), value);
    for (const formatter of formatters) {
      const line = Buffer.from(formatter.format(context), 'latin1');
      const parsed = isUtf8(line) ? (JSON.parse(line.toString('utf8')) as Record<string, string>) : null;
      if (parsed === null || line.indexOf(0x0a) !== line.length - 1 || Object.keys(parsed).length !== 3) {
        t.fail(`round ${round}: ${JSON.stringify(value)}`);
      } else if (
        isUtf8(Buffer.from(value, 'latin1')) &&
        parsed['whole'] !== Buffer.from(value, 'latin1').toString('utf8')
      ) {
        t.fail(`round ${round}: valid text changed: ${JSON.stringify(value)}`);
      }
    }
  }
  t.pass('3000 values');
  t.end();
});
